/** The user stopped the work; everything finished until then is kept. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
