import { crystalOf, type Crystal } from "../../crystal/index.js";
import type { DosRecord } from "../../data/index.js";
import {
  trueStructureGenerator,
  retrievalGenerator,
  retrievalIndex,
  type CandidateGenerator,
  type QualityTarget,
} from "../../evaluate/index.js";
import type { CrystalGenerator, GenerateOptions, SamplerName } from "../../generate/index.js";
import { Interrupted } from "../interrupted.js";

/** Name of a sampler. */
export type Sampler = SamplerName;

/** A row of a study and what a cell of it costs. */
export interface StudyGenerator extends CandidateGenerator {
  /** Evaluations of the network for a batch, both guidance branches counted. */
  readonly evaluations: number;
  /** Of a row of the guidance sweep. */
  readonly sampler?: Sampler;
  readonly guidanceWeight?: number;
}

/** Settings of the rows that the model makes. */
export interface SweepSettings {
  /** Crystals for each target. Default 8. */
  readonly count?: number;
  /** Guidance weights w of eps = (1 + w) eps_cond - w eps_uncond. Default 0, 0.5, 1, 2, 4. */
  readonly weights?: readonly number[];
  /** Default: the fast one. */
  readonly samplers?: readonly Sampler[];
  /** Evaluations of the fast sampler. Default 100. */
  readonly steps?: number;
  /** Share of the noise axis where the weight acts. */
  readonly guidanceInterval?: readonly [number, number];
  /** Of the targets, the crystals and the standard errors. Default 0. */
  readonly seed?: number;
}

/**
 * What every generator is measured against: the true structures, whose DOS match is the predictor's own error, and retrieval from the
 * training records, judged by the stored DOS or by the predicted one.
 */
export function referenceGenerators(training: readonly DosRecord[], count: number): StudyGenerator[] {
  const index = retrievalIndex(training);
  return [
    { ...trueStructureGenerator(), evaluations: 1 },
    { ...retrievalGenerator(index, { count, dos: "stored" }), evaluations: 1 },
    { ...retrievalGenerator(index, { count, dos: "predicted" }), evaluations: 1 },
  ];
}

/**
 * The model's rows: unconditional, then every sampler at every weight. Each target has random streams of its own, the same in
 * every row, so that rows differ by what they are and not by their noise.
 */
export function sweepGenerators(
  generator: CrystalGenerator,
  targets: readonly QualityTarget[],
  settings: SweepSettings & { readonly signal?: AbortSignal },
): StudyGenerator[] {
  const { count = 8, weights = [0, 0.5, 1, 2, 4], samplers = ["fast"], steps = 100, seed = 0 } = settings;
  const position = new Map(targets.map((target, i) => [target, i]));
  const common = { seed, count, batchSize: Math.min(count, 8), guidanceInterval: settings.guidanceInterval };
  const evaluations = (sampler: Sampler) => (sampler === "fast" ? steps : 2 * generator.model.config.timesteps);
  const optionsFor = (target: QualityTarget, sampler: Sampler): GenerateOptions => ({
    ...common,
    sampler,
    ...(sampler === "fast" && { steps }),
    firstIndex: position.get(target)! * count,
  });
  const unconditional = {
    name: `unconditional ${samplers[0]}`,
    evaluations: evaluations(samplers[0]),
    generate: (target: QualityTarget) => {
      const numAtoms = atomsOf(target);
      return collect(generator, null, { ...optionsFor(target, samplers[0]), numAtoms }, settings.signal);
    },
  };
  const guided = (sampler: Sampler, guidanceWeight: number): StudyGenerator => ({
    name: `${sampler} w=${guidanceWeight}`,
    evaluations: evaluations(sampler) * (guidanceWeight ? 2 : 1),
    sampler,
    guidanceWeight,
    generate: (target) =>
      collect(generator, target, { ...optionsFor(target, sampler), guidanceWeight }, settings.signal),
  });
  return [unconditional, ...samplers.flatMap((sampler) => weights.map((weight) => guided(sampler, weight)))];
}

function atomsOf({ target, trueCrystal }: QualityTarget): number | undefined {
  return target.siteDos?.siteCount ?? target.atomCount ?? (trueCrystal && crystalOf(trueCrystal).atomicNumbers.length);
}

async function* collect(
  generator: CrystalGenerator,
  target: QualityTarget | null,
  options: GenerateOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<Crystal> {
  for await (const step of generator.stream(target?.target ?? null, options)) {
    if (signal?.aborted) throw new Interrupted("stopped");
    for (const { crystal } of step.crystals) yield crystal;
  }
}
