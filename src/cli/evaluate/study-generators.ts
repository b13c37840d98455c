import type { DosRecord } from "../../data/index.js";
import {
  trueStructureGenerator,
  retrievalGenerator,
  retrievalIndex,
  type CandidateGenerator,
  type QualityTarget,
} from "../../evaluate/index.js";
import type { CrystalGenerator, GenerateOptions } from "../../generate/index.js";
import { Interrupted } from "../errors.js";
import type { EvaluateOptions } from "./options.js";

/** A row of the study and what a cell of it costs. */
export interface StudyGenerator extends CandidateGenerator {
  /** Evaluations of the network for a batch, both guidance branches counted. */
  readonly evaluations: number;
}

/**
 * The rows of the quality table: the true structure, retrieval judged in two ways, the unconditional model, and the model at each
 * sampler and weight. Each target has random streams of its own, the same in every row, so that rows differ by what they
 * are and not by their noise.
 */
export function studyGenerators(
  generator: CrystalGenerator,
  training: readonly DosRecord[],
  targets: readonly QualityTarget[],
  options: EvaluateOptions,
  signal: AbortSignal,
): StudyGenerator[] {
  const { count, samplers, weights } = options;
  const index = retrievalIndex(training);
  const position = new Map(targets.map((target, i) => [target, i]));
  const sampled = (
    name: string,
    sampler: GenerateOptions["sampler"],
    guidanceWeight: number | null,
  ): StudyGenerator => ({
    name,
    evaluations: (sampler === "fast" ? options.steps : 2 * generator.model.config.timesteps) * (guidanceWeight ? 2 : 1),
    generate: (target) => {
      const settings = { ...samplerOptions(options), sampler, count, firstIndex: position.get(target)! * count };
      if (guidanceWeight !== null) return collect(generator, target, { ...settings, guidanceWeight }, signal);
      const { siteCount } = target.target.siteDos!;
      return collect(generator, null, { ...settings, numAtoms: siteCount }, signal);
    },
  });
  return [
    { ...trueStructureGenerator(), evaluations: 1 },
    { ...retrievalGenerator(index, { count, dos: "stored" }), evaluations: 1 },
    { ...retrievalGenerator(index, { count, dos: "predicted" }), evaluations: 1 },
    sampled(`unconditional ${samplers[0]}`, samplers[0], null),
    ...samplers.flatMap((sampler) => weights.map((weight) => sampled(`${sampler} w=${weight}`, sampler, weight))),
  ];
}

function samplerOptions({ count, steps, seed, guidanceInterval }: EvaluateOptions): GenerateOptions {
  return { steps, seed, batchSize: Math.min(count, 8), ...(guidanceInterval && { guidanceInterval }) };
}

async function* collect(
  generator: CrystalGenerator,
  target: QualityTarget | null,
  options: GenerateOptions,
  signal: AbortSignal,
): AsyncGenerator<QualityTarget["trueCrystal"] & object> {
  for await (const step of generator.stream(target?.target ?? null, options)) {
    if (signal.aborted) throw new Interrupted("stopped");
    for (const { crystal } of step.crystals) yield crystal;
  }
}
