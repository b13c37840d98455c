/** One comparison with the reference. */
export interface ReferenceRow {
  /** The entry of the file, for example "denoiser.conditional.eps_x". */
  readonly quantity: string;
  /** The engine that computed it; "host" for what needs no network. */
  readonly backend: string;
  readonly verdict: "pass" | "fail" | "not in the file";
  /** Largest deviation over the quantity's largest value (over each value for Monte-Carlo estimates). */
  readonly error?: number;
  readonly tolerance?: number;
  /** What else there is to say, for example which entry is missing. */
  readonly note?: string;
}

/** Largest deviation allowed, relative to the quantity's largest value. */
export const tolerances = {
  /** Forward quantities and losses. */
  forward: 2e-5,
  gradient: 2e-4,
  trajectory: 2e-4,
  /** Quadrature of lambda against 1e4 Monte-Carlo samples, relative to each value. */
  monteCarlo: 0.05,
} as const;

/** Compares by the largest deviation relative to the largest expected value. NaN fails. */
export function compare(
  quantity: string,
  backend: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): ReferenceRow {
  return judge(quantity, backend, relativeError(found, expected), tolerance);
}

/** A row from an error that is already relative. */
export function judge(quantity: string, backend: string, error: number, tolerance: number): ReferenceRow {
  return { quantity, backend, error, tolerance, verdict: error <= tolerance ? "pass" : "fail" };
}

/** A row for what the file does not say; `missing` are the absent entries. */
export function notInFile(quantity: string, backend: string, missing: readonly string[] = []): ReferenceRow {
  const note = missing.filter((entry) => entry !== quantity).join(", ");
  return { quantity, backend, verdict: "not in the file", ...(note && { note: `without ${note}` }) };
}

/** max |found - expected| / max |expected|; absolute where all expected values are 0. */
export function relativeError(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  difference = (a: number, b: number) => a - b,
): number {
  if (found.length !== expected.length) return NaN;
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < expected.length; i++) {
    const deviation = Math.abs(difference(found[i], expected[i]));
    if (Number.isNaN(deviation)) return NaN;
    worst = Math.max(worst, deviation);
    scale = Math.max(scale, Math.abs(expected[i]));
  }
  return scale > 0 ? worst / scale : worst;
}

/** Names of the entries that are undefined. */
export function missingEntries(entries: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(entries).filter((name) => entries[name] === undefined);
}

/** The largest of some errors; NaN if one of them is. */
export function largest(errors: readonly number[]): number {
  return errors.reduce((a, b) => (Number.isNaN(a) || a > b ? a : b), 0);
}
