declare module "munkres-js" {
  /** Pairs [row, column] of the cheapest assignment; rows and columns may differ in number. */
  export default function computeMunkres(costs: number[][]): [number, number][];
}
