import { formula, type Crystal } from "../../crystal/index.js";
import { isEquilibrium, splitOfFormula, type DosRecord } from "../../data/index.js";
import { targetFromRecord, type Target } from "../../dos/index.js";
import {
  isSameStructure,
  isStructurallyValid,
  matchTarget,
  rankCandidates,
  retrievalIndex,
  retrieve,
  type RetrievalIndex,
} from "../../evaluate/index.js";
import { hullOf, verify, type Relaxation, type Verification, type VerifyOptions } from "../../verify/index.js";
import type { Resources } from "../resources.js";
import { task, type Task, type WorkProgress } from "../task.js";
import { trainingRecords } from "../training-data.js";
import { summariseDft } from "./dft-summary.js";
import type { DftCandidate, DftStudy, DftTarget } from "./dft-results.js";

/** Targets, candidates and calculations of a DFT study. */
/** Targets, crystals and calculations of a DFT study. */
export interface DftStudyOptions {
  /** Test crystals whose spectra are asked for, spread over the test split. Default 40. */
  readonly targets?: number;
  /** Crystals computed for each target. Default 4. */
  readonly candidates?: number;
  /** What moves before the DOS is taken. Default: nothing. */
  readonly relax?: Relaxation;
  /** Calculations at a time, each on one core. Default 2. */
  readonly processes?: number;
  /** Folder of finished calculations, which are not computed again. Default: none are kept. */
  readonly cacheFolder?: string;
  /** Who computes. Default: {@link verify}. */
  readonly compute?: (crystals: readonly Crystal[], options: VerifyOptions) => AsyncIterable<Verification>;
  readonly signal?: AbortSignal;
}

/** A target is through. */
export interface DftStudyProgress extends WorkProgress {
  readonly target: DftTarget;
}

/** Eight crystals by the fast sampler for each target. */
const sampling = { generated: 8, guidanceWeight: 1, steps: 100, seed: 1 } as const;

/**
 * DFT as the judge: for test targets, eight crystals each are generated, the first predictor chooses the best ones, and a
 * first-principles code computes their DOS at the data set's settings. Says how near the computed DOS is to the target, beside the
 * second predictor's prediction, and beside retrieval, whose DOS is stored.
 *
 * @throws Error when the code is not on this machine, or the data set has no test split
 * @example
 *     const { summary } = await dftStudy(bench, { targets: 10, cacheFolder: "out/dft-study" });
 */
export function dftStudy(resources: Resources, options: DftStudyOptions = {}): Task<DftStudyProgress, DftStudy> {
  return task(() => runDftStudy(resources, options));
}

async function* runDftStudy(
  resources: Resources,
  options: DftStudyOptions,
): AsyncGenerator<DftStudyProgress, DftStudy> {
  const dataset = await resources.dataset();
  const records = spread([...dataset.split().test.filter(isEquilibrium)], options.targets ?? 40);
  const tools = { index: retrievalIndex(trainingRecords(dataset)), hull: await hullOf(dataset) };
  const targets: DftTarget[] = [];
  for (const record of records) {
    const target = await judgeTarget(record, tools, resources, options);
    targets.push(target);
    yield {
      ...{ label: "DFT study", unit: "target", done: targets.length, total: records.length, from: 0, target },
      detail: describe(target),
    };
  }
  const settings = { ...sampling, relax: options.relax ?? "none" };
  return { settings, summary: summariseDft(targets), targets };
}

interface Tools {
  readonly index: RetrievalIndex;
  readonly hull: Awaited<ReturnType<typeof hullOf>>;
}

async function judgeTarget(
  record: DosRecord,
  { index, hull }: Tools,
  resources: Resources,
  options: DftStudyOptions,
): Promise<DftTarget> {
  const { candidates: count = 4, compute = verify } = options;
  const target = targetFromRecord(record, { use: "sites" });
  const chosen = await chooseCrystals(target, count, resources);
  const candidates: DftCandidate[] = chosen.map(({ crystal, predicted }) => ({
    formula: formula(crystal.atomicNumbers),
    predicted,
    isTarget: isSameStructure(crystal, record.crystal),
  }));
  const crystals = chosen.map(({ crystal }) => crystal);
  for await (const found of compute(crystals, verifyOptions(options)))
    candidates[found.index] = { ...candidates[found.index], ...compared(found, target, hull) };
  return {
    ...{ id: record.id, formula: record.formula, atoms: record.crystal.atomicNumbers.length, candidates },
    retrieval: retrieve(index, target, count).map(({ distance }) => distance),
  };
}

/** The first predictor's choice of what is valid, with the second predictor's relative L1. */
async function chooseCrystals(
  target: Target,
  count: number,
  resources: Resources,
): Promise<{ crystal: Crystal; predicted: number }[]> {
  const { generated, ...settings } = sampling;
  const generator = await resources.generator();
  const { rank, report } = await resources.predictors();
  const made = await generator.generate(target, { ...settings, count: generated, batchSize: generated });
  const ranked = await rankCandidates(target, made, rank, report);
  return ranked
    .flatMap(({ crystal, reportMatch }) =>
      reportMatch && isStructurallyValid(crystal) && isAllowed(crystal)
        ? [{ crystal, predicted: reportMatch.site_relative_l1! }]
        : [],
    )
    .slice(0, count);
}

/** Formulas that are kept for an outside referee are not computed. */
function isAllowed({ atomicNumbers }: Crystal): boolean {
  return splitOfFormula(formula(atomicNumbers)) !== "reserved";
}

function verifyOptions({ relax = "none", processes = 2, cacheFolder, signal }: DftStudyOptions): VerifyOptions {
  return { relax, processes, timeLimit: 600, ...(cacheFolder && { cacheFolder }), ...(signal && { signal }) };
}

function compared(found: Verification, target: Target, hull: Tools["hull"]): Partial<DftCandidate> {
  if (found.status === "failed") return { failure: found.reason };
  const { siteDos, properties } = found.record;
  const match = matchTarget(target, { siteDos });
  const above = hull(found);
  return {
    dft: match.site_relative_l1,
    dftBroad: match["site_relative_l1_0.5eV"],
    pressure: properties.pressure_GPa,
    aboveHull: above?.kind === "hull" ? above.energyAboveHull : null,
    seconds: found.seconds,
  };
}

/** `count` of the records, at equal distances in their order. */
function spread<T>(records: readonly T[], count: number): T[] {
  const wanted = Math.min(count, records.length);
  return Array.from({ length: wanted }, (_, i) => records[Math.floor((i * records.length) / count)]);
}

function describe({ id, candidates, retrieval }: DftTarget): string {
  const short = (values: readonly (number | undefined)[]) => values.map((x) => x?.toFixed(2) ?? "–").join(" ");
  const computed = candidates.map(({ dft, failure }) => failure ?? short([dft ?? undefined])).join(" ");
  const predicted = short(candidates.map((candidate) => candidate.predicted));
  return `${id}: DFT ${computed}, predicted ${predicted}, retrieval ${short(retrieval)}`;
}
