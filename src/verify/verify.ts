import { z } from "zod";
import {
  assertCrystal,
  atSymmetricOrigin,
  crystalOf,
  minimumDistance,
  symmetrise,
  toCartesian,
  type Crystal,
  type CrystalLike,
} from "../crystal/index.js";
import { recordFromJson, type DosRecord } from "../data/index.js";
import { folderCache, verificationKey, type VerificationCache } from "./cache.js";
import { findCode, type Command } from "./codes.js";
import { Sidecar, SidecarError } from "./sidecar.js";
import { failureReasons, type FailureReason, type Relaxation, type Verification } from "./verification.js";

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
 * energy, pressure and largest force, or the reason for failure. One crystal's failure does not affect the others.
 *
 * @throws Error when the code is not on this machine (it names the command that installs it), or when `signal` is aborted
 *
 * @example
 *     for await (const found of verify([crystal], { processes: 2, cacheFolder: "dft" }))
 *       console.log(found.status === "done" ? found.record.properties.pressure_GPa : found.message);
 */
export async function* verify(
  crystals: Iterable<CrystalLike>,
  options: VerifyOptions = {},
): AsyncGenerator<Verification> {
  const steps = await calculationSteps(options);
  const waiting = Array.from(crystals, (given, index): Task => ({ crystal: crystalOf(given), index }));
  const workers = Math.max(1, Math.min(options.processes ?? 1, waiting.length));
  const sidecars = Array.from({ length: workers }, () => steps.map(({ command }) => new Sidecar(command)));
  const cache = options.cacheFolder === undefined ? undefined : folderCache(options.cacheFolder);
  const results: Verification[] = [];
  let failed: { error: unknown } | undefined;
  let wake = () => {};
  const work = async (mine: readonly Sidecar[]) => {
    for (let next = waiting.shift(); next && !failed; next = waiting.shift()) {
      results.push(await verifyOne(next, { steps, sidecars: mine, cache, options }));
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

/** Calculations of crystals that `cacheFolder` holds at these settings, in the crystals' order; nothing is computed. */
export async function* storedVerifications(
  crystals: Iterable<CrystalLike>,
  options: VerifyOptions,
): AsyncGenerator<Verification> {
  if (options.cacheFolder === undefined) return;
  const cache = folderCache(options.cacheFolder);
  for (const [index, given] of Array.from(crystals, crystalOf).entries()) {
    const { key, id } = calculationOf(given, options);
    const record = await cache.read(key);
    if (record) yield { status: "done", index, crystal: given, record: { ...record, id }, cached: true, seconds: 0 };
  }
}

/** What is computed for a crystal, its name in the cache, and the record's id: each its own, so that charts tell them apart. */
function calculationOf(crystal: Crystal, options: VerifyOptions): { start: Crystal; key: string; id: string } {
  const start = prepared(crystal, options.symmetryTolerance ?? 0.1);
  const key = verificationKey(start, settingsOf(options));
  return { start, key, id: `verified-${key.slice(0, 8)}` };
}

/** A crystal and its place in the list that was given. */
interface Task {
  readonly crystal: Crystal;
  readonly index: number;
}

/** What one worker computes with. */
interface Worker {
  readonly steps: readonly Step[];
  /** [steps] */
  readonly sidecars: readonly Sidecar[];
  readonly cache: VerificationCache | undefined;
  readonly options: VerifyOptions;
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

async function verifyOne({ crystal, index }: Task, worker: Worker): Promise<Verification> {
  const { cache, options } = worker;
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const { start, key, id } = calculationOf(crystal, options);
    const known = await cache?.read(key);
    if (known) return { status: "done", index, crystal, record: { ...known, id }, cached: true, seconds: 0 };
    const record = { ...(await calculate(start, worker)), id };
    await cache?.write(key, record);
    return { status: "done", index, crystal, record, cached: false, seconds: seconds() };
  } catch (error) {
    if (!(error instanceof SidecarError)) throw error;
    return { status: "failed", index, crystal, ...failureOf(error), seconds: seconds() };
  }
}

/** Every step takes the structure that the one before it left; the last one gives the record. */
async function calculate(
  start: Crystal,
  { steps, sidecars, options: { timeLimit = 600, signal } }: Worker,
): Promise<DosRecord> {
  let structure: Record<string, unknown> = structureJson(start);
  for (const [i, { question }] of steps.entries()) {
    const answer = await sidecars[i].ask({ ...structure, ...question }, timeLimit, signal);
    const parsed = structureAnswer.safeParse(answer);
    if (!parsed.success) throw new SidecarError("error", `the calculation's answer: ${z.prettifyError(parsed.error)}`);
    structure = parsed.data;
  }
  try {
    return recordFromJson({ structure_id: "verified", ...structure }, "the calculation's answer");
  } catch (error) {
    throw new SidecarError("error", (error as Error).message);
  }
}

const vector = z.tuple([z.number(), z.number(), z.number()]);
/** What every step answers with; the last one's has a DOS too, which `recordFromJson` checks. */
const structureAnswer = z.looseObject({
  cell: z.tuple([vector, vector, vector]),
  positions: z.array(vector),
  atomic_numbers: z.array(z.int().positive()),
});

/** A reason that is not one of ours stays in the message. */
function failureOf({ reason, message }: SidecarError): { reason: FailureReason; message: string } {
  const known = failureReasons.find((ours) => ours === reason);
  return known ? { reason: known, message } : { reason: "error", message: `${reason}: ${message}` };
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
