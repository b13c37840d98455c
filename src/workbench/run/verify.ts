import { join } from "node:path";
import { hullOf, storedVerifications, verify, type Verification, type VerifyOptions } from "../../verify/index.js";
import { Interrupted } from "../interrupted.js";
import type { JudgedCrystal } from "../judge.js";
import type { Resources } from "../resources.js";
import type { WorkProgress } from "../task.js";
import { compareComputed, type ComputedCrystal } from "./computed.js";
import { writeSummary, type Run } from "./run.js";

/** How many crystals of a run are computed, and how. */
export interface VerifyRunOptions extends VerifyOptions {
  /** How many of the best, structurally valid crystals. Default 4. */
  readonly top?: number;
}

/** Where the calculations of a run stand. */
export interface VerifyProgress extends WorkProgress {
  /** What was just finished; absent at the beginning. */
  readonly verification?: Verification;
}

/**
 * Computes the best crystals of a run by DFT and returns the run with the results. Finished calculations of a run that has a folder stay
 * in its `dft`, and its summary.csv is written again; earlier ones at the same settings stand in it too.
 *
 * @throws Interrupted when `signal` is aborted; Error when the code is not on this machine
 */
export async function* verifyRun(
  resources: Resources,
  run: Run,
  { top = 4, ...options }: VerifyRunOptions = {},
): AsyncGenerator<VerifyProgress, Run> {
  const valid = run.candidates.filter(({ structural }) => structural);
  const chosen = valid.slice(0, top);
  const cacheFolder = options.cacheFolder ?? (run.folder === undefined ? undefined : join(run.folder, "dft"));
  const settings = { ...options, ...(cacheFolder !== undefined && { cacheFolder }) };
  const found = yield* calculations(chosen, settings);
  const hull = await hullOf(await resources.dataset());
  // Earlier calculations stay where these ones add others.
  const computed = new Map<number, ComputedCrystal>(run.computed);
  const add = (verification: Verification, { index }: JudgedCrystal): unknown =>
    computed.set(index, compareComputed(verification, run.target, hull(verification)));
  const others = valid.slice(top);
  for await (const verification of storedVerifications(others, settings)) add(verification, others[verification.index]);
  for (const verification of found) add(verification, chosen[verification.index]);
  const verified = { ...run, computed };
  await writeSummary(verified);
  return verified;
}

async function* calculations(
  chosen: readonly JudgedCrystal[],
  options: VerifyOptions,
): AsyncGenerator<VerifyProgress, Verification[]> {
  const found: Verification[] = [];
  const progress = { label: "computing", unit: "crystal", total: chosen.length, from: 0 };
  yield { ...progress, done: 0 };
  try {
    const crystals = chosen.map(({ crystal }) => crystal);
    for await (const verification of verify(crystals, options)) {
      found.push(verification);
      const detail = chosen[verification.index].formula;
      yield { ...progress, done: found.length, detail, verification };
    }
    return found;
  } catch (error) {
    if (!options.signal?.aborted) throw error;
    const where = options.cacheFolder === undefined ? "" : ` in ${options.cacheFolder}`;
    throw new Interrupted(`stopped: ${found.length} of ${chosen.length} calculations are finished${where}`, {
      cause: error,
    });
  }
}
