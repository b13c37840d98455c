/** A row's name as it is today: what older files call "floor" is the true structure. */
export function currentName(generator: string): string {
  return generator === "floor" ? "true structure" : generator;
}
