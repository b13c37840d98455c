/** The row of the true crystals themselves: what is left of the DOS match is the predictor's own error. */
export const trueStructureRow = "true structure";

/** A row's name as it is today: what older files call "floor" is the true structure. */
export function currentName(generator: string): string {
  return generator === "floor" ? trueStructureRow : generator;
}
