/**
 * A decimal number of a text file.
 * @throws Error `expected WHAT, found TEXT` for anything else ("", "nan", "0x10", "1.2.3", what overflows).
 */
export function parseNumber(text: string | undefined, what: string): number {
  const x = text !== undefined && /^[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/.test(text) ? toNumber(text) : NaN;
  if (!Number.isFinite(x))
    throw new Error(`expected ${what}, found ${text === undefined ? "nothing" : JSON.stringify(text)}`);
  return x;
}

/** Runs `read` and puts `place` in front of the message of what it throws. */
export function at<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${place}: ${(error as Error).message}`, { cause: error });
  }
}

/** Fixed digits, never "-0.00". */
export function fixed(x: number, digits: number): string {
  const text = x.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text;
}

/** Fortran writes exponents with d. */
function toNumber(text: string): number {
  return Number(text.replace(/d/i, "e"));
}
