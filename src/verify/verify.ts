import {
  assertCrystal,
  atSymmetricOrigin,
  minimumDistance,
  symmetrise,
  toCartesian,
  type Crystal,
} from "../crystal/index.js";
import { recordFromJson, type DosRecord } from "../data/index.js";
import { folderCache, verificationKey, type VerificationCache } from "./cache.js";
import { findCode, type Command } from "./codes.js";
import { Sidecar, SidecarError } from "./sidecar.js";
import type { FailureReason, Relaxation, Verification } from "./verification.js";

/** Code, settings and limits of first-principles calculations. */
export interface VerifyOptions {
  /** First-principles code. */
  readonly code?: "gpaw";
  /** What moves before the DOS is taken, by the code itself. Default: nothing. */
  readonly relax?: Relaxation;
  /** A machine-learned potential relaxes cell and positions first. */
  readonly prerelax?: "chgnet";
  /** Calculations at a time, each on one core. Default 1. */
  readonly processes?: number;
  /** Seconds for one crystal. Default 600. */
  readonly timeLimit?: number;
  /**
   * How far atoms and cell may move to become symmetric (Angstrom), which saves most k-points; 0: not at all. The crystal
   * may be moved as a whole too. Default 0.1.
   */
  readonly symmetryTolerance?: number;
  /** Folder of finished calculations. Default: none are kept. */
  readonly cacheFolder?: string;
  /** Python that has the code. Default: the first of the usual ones that does. */
  readonly python?: string;
  /** Python that has the potential. Default: as `python`. */
  readonly prerelaxPython?: string;
  readonly signal?: AbortSignal;
}

/**
 * Computes crystals with a first-principles code at the data set's settings, and yields each as it is finished: DOS,
 * energy, pressure and largest force, or why there is none. One failure costs no other crystal anything.
 *
 * @throws Error when the code is not on this machine (it names the command that installs it), or when `signal` is aborted
 */
export async function* verify(crystals: readonly Crystal[], options: VerifyOptions = {}): AsyncGenerator<Verification> {
  const steps = await calculationSteps(options);
  const waiting = crystals.map((crystal, index) => ({ crystal, index }));
  const workers = Math.max(1, Math.min(options.processes ?? 1, crystals.length));
  const sidecars = Array.from({ length: workers }, () => steps.map(({ command }) => new Sidecar(command)));
  const cache = options.cacheFolder === undefined ? undefined : folderCache(options.cacheFolder);
  const results: Verification[] = [];
  let failed: { error: unknown } | undefined;
  let wake = () => {};
  const work = async (mine: readonly Sidecar[]) => {
    for (let next = waiting.shift(); next && !failed; next = waiting.shift()) {
      results.push(await verifyOne(next.crystal, next.index, steps, mine, cache, options));
      wake();
    }
  };
  let active = workers;
  for (const mine of sidecars)
    void work(mine)
      .catch((error: unknown) => (failed ??= { error }))
      .finally(() => (active--, wake()));
  try {
    for (;;) {
      while (results.length > 0) yield results.shift()!;
      if (failed) throw failed.error;
      if (active === 0) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    waiting.length = 0;
    sidecars.flat().forEach((sidecar) => sidecar.close());
  }
}

interface Step {
  readonly command: Command;
  readonly question: Readonly<Record<string, unknown>>;
}

async function calculationSteps(options: VerifyOptions): Promise<Step[]> {
  const { code = "gpaw", relax = "none", prerelax, python, prerelaxPython = python } = options;
  return [
    ...(prerelax ? [{ command: await findCode(prerelax, prerelaxPython), question: {} }] : []),
    { command: await findCode(code, python), question: { relax } },
  ];
}

async function verifyOne(
  crystal: Crystal,
  index: number,
  steps: readonly Step[],
  sidecars: readonly Sidecar[],
  cache: VerificationCache | undefined,
  options: VerifyOptions,
): Promise<Verification> {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const start = prepared(crystal, options.symmetryTolerance ?? 0.1);
    const key = verificationKey(start, settingsOf(options));
    const known = await cache?.read(key);
    if (known) return { status: "done", index, crystal, record: known, cached: true, seconds: 0 };
    const record = await calculate(start, steps, sidecars, options);
    await cache?.write(key, record);
    return { status: "done", index, crystal, record, cached: false, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof SidecarError)) throw error;
    const reason = error.reason as FailureReason;
    return { status: "failed", index, crystal, reason, message: error.message, seconds: seconds() };
  }
}

/** Every step takes the structure that the one before it left; the last one gives the record. */
async function calculate(
  start: Crystal,
  steps: readonly Step[],
  sidecars: readonly Sidecar[],
  { timeLimit = 600, signal }: VerifyOptions,
): Promise<DosRecord> {
  let answer: unknown;
  let structure = structureJson(start);
  for (const [i, { question }] of steps.entries()) {
    answer = await sidecars[i].ask({ ...structure, ...question }, timeLimit, signal);
    structure = answer as typeof structure;
  }
  try {
    return recordFromJson({ structure_id: "verified", ...(answer as object) }, "the calculation's answer");
  } catch (error) {
    throw new SidecarError("error", (error as Error).message);
  }
}

function structureJson({ latticeMatrix, fracCoords, atomicNumbers }: Crystal) {
  return {
    cell: latticeMatrix,
    positions: toCartesian(fracCoords, latticeMatrix),
    atomic_numbers: atomicNumbers,
  };
}

/** Nearer atoms (Angstrom) are beyond what the code's atomic data sets describe. */
const nearestAllowed = 0.5;

/** Checked and symmetric. A crystal without any symmetry at this tolerance is computed as it is. */
function prepared(crystal: Crystal, tolerance: number): Crystal {
  try {
    assertCrystal(crystal, "the crystal");
    const nearest = minimumDistance(crystal);
    if (nearest < nearestAllowed)
      throw new Error(`atoms are ${nearest.toFixed(2)} Angstrom apart, expected at least ${nearestAllowed}`);
  } catch (error) {
    throw new SidecarError("bad-structure", (error as Error).message);
  }
  try {
    return tolerance > 0 ? atSymmetricOrigin(symmetrise(crystal, tolerance)) : crystal;
  } catch {
    return crystal;
  }
}

function settingsOf({ code = "gpaw", relax = "none", prerelax }: VerifyOptions): Record<string, unknown> {
  return { code, relax, prerelax: prerelax ?? null, recipe: 2 };
}
