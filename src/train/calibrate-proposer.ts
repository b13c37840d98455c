import type { DosRecord } from "../data/index.js";
import type { ElementProposer, ProposerModel } from "../model/index.js";
import { proposerExamples, validationEvidence } from "./proposer-task.js";

/**
 * The proposer with the temperatures that make the validation sites likeliest (Guo et al. 2017), for sites projected as the
 * training data are and for others.
 */
export async function calibrateProposer(
  proposer: ElementProposer,
  validation: readonly DosRecord[],
): Promise<ProposerModel> {
  const { model } = proposer;
  const examples = proposerExamples(validation, model.config).filter(({ atomicNumber }) =>
    model.elements.includes(atomicNumber),
  );
  if (examples.length === 0) throw new Error("proposer: no validation site to calibrate on");
  const best = async (knownConvention: boolean): Promise<number> => {
    const evidence = examples.map((example, slot) => validationEvidence(example, slot, knownConvention));
    const loss = async (temperature: number): Promise<number> => {
      const found = await proposer.probabilities(evidence, temperature);
      const logs = found.map((p, i) => -Math.log(Math.max(1e-12, p[examples[i].atomicNumber - 1])));
      return logs.reduce((a, b) => a + b, 0) / logs.length;
    };
    return goldenSection(loss, 0.4, 2.5);
  };
  const temperatures = { known: await best(true), unknown: await best(false) };
  return { ...model, config: { ...model.config, temperatures } };
}

/** The lowest point of a function with one valley, to one part in a hundred of the interval. */
async function goldenSection(fn: (x: number) => Promise<number>, low: number, high: number): Promise<number> {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [a, b] = [low, high];
  let [c, d] = [b - ratio * (b - a), a + ratio * (b - a)];
  let [fc, fd] = [await fn(c), await fn(d)];
  while (b - a > 0.01 * (high - low)) {
    if (fc < fd) {
      [b, d, fd] = [d, c, fc];
      c = b - ratio * (b - a);
      fc = await fn(c);
    } else {
      [a, c, fc] = [c, d, fd];
      d = a + ratio * (b - a);
      fd = await fn(d);
    }
  }
  return (a + b) / 2;
}
