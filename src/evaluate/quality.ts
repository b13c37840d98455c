import { crystalOf, type CrystalLike } from "../crystal/index.js";
import type { DosRecord } from "../data/record.js";
import type { Target } from "../dos/index.js";
import type { BootstrapOptions } from "./bootstrap.js";
import type { PredictsDos } from "../model/index.js";
import type { Candidate, JudgedTarget, Metric } from "./metric.js";
import { metrics as allMetrics, metricValues } from "./metrics.js";
import { predictMatches } from "./ranking.js";
import { summarize, type FinishedCell, type SummaryRow } from "./summary.js";
import { trainingSet, type TrainingSet } from "./training-set.js";

/** A target of a study, with the crystal that it came from where that is known. */
export interface QualityTarget {
  readonly target: Target;
  readonly trueCrystal?: CrystalLike;
}

/** What a generator gives for a target: all candidates at once, or one or a batch after the other. */
export type Candidates = Promise<readonly Candidate[]> | AsyncIterable<Candidate | readonly Candidate[]>;

/** Whatever turns a target into candidates. */
export interface CandidateGenerator {
  /** Unique in a study: the row's name, and half of the key under which finished cells are kept. */
  readonly name: string;
  /** Candidates for a target, all at once or as they are made. */
  readonly generate: (target: QualityTarget) => Candidates;
}

/** Finished cells that the caller keeps, so that a long study survives being killed. */
export interface CellStore {
  /** All cells kept so far; order and cells of other studies do not matter. */
  readonly load: () => readonly FinishedCell[] | Promise<readonly FinishedCell[]>;
  /** Called once for each newly finished cell; the study goes on when it has resolved. */
  readonly save: (cell: FinishedCell) => void | Promise<void>;
}

/** Targets, generators, metrics and judges of a quality table. */
export interface QualityOptions extends BootstrapOptions {
  readonly targets: readonly QualityTarget[];
  readonly generators: readonly CandidateGenerator[];
  /** Chooses the best candidate. */
  readonly rankPredictor?: PredictsDos;
  /** Trained from another seed; its numbers are the ones reported. */
  readonly reportPredictor?: PredictsDos;
  /** For novelty and the strict validity's volume range; for example a `Dataset`. */
  readonly trainingRecords?: Iterable<DosRecord>;
  /** All of `metrics` if absent; one's own join as `[...metrics, mine]`. */
  readonly metrics?: readonly Metric[];
  readonly store?: CellStore;
  /** Checked between cells. */
  readonly signal?: AbortSignal;
}

/** What a quality table yields as it grows: a finished cell or a finished row. */
export type QualityEvent =
  /** A (generator, target) cell is there; `candidates` is absent when it came from the store. */
  | {
      readonly kind: "cell";
      readonly cell: FinishedCell;
      readonly candidates?: readonly Candidate[];
      readonly done: number;
      readonly total: number;
    }
  /** A generator is through with all targets. */
  | { readonly kind: "row"; readonly row: SummaryRow };

/**
 * The quality table: every generator meets every target and is judged by the same metrics. Yields each cell as it
 * finishes and a row when a generator is through. Cells that the store already holds with all metrics are not computed again.
 *
 * @throws Error when names or labels repeat, when the signal aborts, or (naming generator and target) when a generator,
 * a predictor or a metric fails; everything finished before is in the store.
 *
 * @example
 *     const nearest = retrievalGenerator(retrievalIndex(dataset.split().train), { count: 4, dos: "stored" });
 *     const generators = [trueStructureGenerator(), nearest];
 *     const targets = [{ target, trueCrystal: crystal }];
 *     const table = qualityTable({ targets, generators, rankPredictor: predictor });
 *     for await (const event of table) if (event.kind === "row") console.log(event.row);
 */
export async function* qualityTable(options: QualityOptions): AsyncGenerator<QualityEvent, SummaryRow[]> {
  const { targets, generators, store } = options;
  requireUnique(
    "generator name",
    generators.map((generator) => generator.name),
  );
  requireUnique(
    "target label",
    targets.map(({ target }) => target.label),
  );
  requireUnique(
    "metric name",
    (options.metrics ?? allMetrics).map((metric) => metric.name),
  );
  const complete = ((await store?.load()) ?? []).filter((cell) => hasValues(cell, options.metrics));
  const kept = new Map(complete.map((cell) => [cellKey(cell.generator, cell.target), cell]));
  const training = options.trainingRecords && trainingSet(options.trainingRecords);
  const total = generators.length * targets.length;
  const finished: FinishedCell[] = [];
  for (const generator of generators) {
    for (const target of targets) {
      options.signal?.throwIfAborted();
      const known = kept.get(cellKey(generator.name, target.target.label));
      const { cell, candidates } = known ? { cell: known } : await finishCell(generator, target, training, options);
      if (!known) await store?.save(cell);
      finished.push(cell);
      yield { kind: "cell", cell, candidates, done: finished.length, total };
    }
    for (const row of summarize(finished.slice(-targets.length), options)) yield { kind: "row", row };
  }
  return summarize(finished, options);
}

/** Whether a cell has a value for every metric; one that lacks some was made before they were asked for, and is made again. */
export function hasValues({ values }: FinishedCell, metrics: readonly Metric[] = allMetrics): boolean {
  return metrics.every(({ name }) => name in values);
}

/** Runs a whole study and returns its rows; `onEvent` sees the progress. */
export async function runQualityTable(
  options: QualityOptions,
  onEvent?: (event: QualityEvent) => void,
): Promise<SummaryRow[]> {
  const study = qualityTable(options);
  for (;;) {
    const step = await study.next();
    if (step.done) return step.value;
    onEvent?.(step.value);
  }
}

async function finishCell(
  generator: CandidateGenerator,
  target: QualityTarget,
  training: TrainingSet | undefined,
  options: QualityOptions,
): Promise<{ cell: FinishedCell; candidates?: Candidate[] }> {
  try {
    const started = performance.now();
    const candidates = await collect(generator.generate(target));
    const seconds = (performance.now() - started) / 1000;
    const judged = { ...(await judge(target, candidates, options)), trainingSet: training, seconds };
    const values = metricValues(judged, options.metrics ?? allMetrics);
    const names = { generator: generator.name, target: target.target.label };
    return { cell: { ...names, candidateCount: candidates.length, seconds, values }, candidates };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`generator ${generator.name}, target ${target.target.label}: ${reason}`, { cause: error });
  }
}

async function judge(
  { target, trueCrystal }: QualityTarget,
  candidates: readonly Candidate[],
  { rankPredictor, reportPredictor }: QualityOptions,
): Promise<JudgedTarget> {
  return {
    target,
    candidates: candidates.map(crystalOf),
    trueCrystal: trueCrystal && crystalOf(trueCrystal),
    rankMatches: rankPredictor && (await predictMatches(target, candidates, rankPredictor)),
    reportMatches: reportPredictor && (await predictMatches(target, candidates, reportPredictor)),
  };
}

async function collect(source: Candidates): Promise<Candidate[]> {
  if (!(Symbol.asyncIterator in source)) return [...(await source)];
  const candidates: Candidate[] = [];
  for await (const part of source) candidates.push(...(isList(part) ? part : [part]));
  return candidates;
}

const isList = (part: Candidate | readonly Candidate[]): part is readonly Candidate[] => Array.isArray(part);

function cellKey(generator: string, target: string): string {
  return JSON.stringify([generator, target]);
}

function requireUnique(what: string, names: readonly string[]): void {
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw new Error(`quality table: expected each ${what} once, found "${repeated}" twice`);
}
