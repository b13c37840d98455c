import * as tf from "@tensorflow/tfjs";
import type { Parameters } from "../model/index.js";
import { nameTensors, parameterInputs } from "../model/index.js";
import type { Engine, Program, ProgramSource } from "../runtime/index.js";
import type { Arrays, Clip, Optimiser, OptimiserState } from "./optimiser.js";
import { averageChange, clipGradients } from "./optimiser.js";
import type { TensorFunction, TaskBlock, TrainingTask } from "./task.js";
import { lossAndGradients } from "./task.js";

/** How a gradient becomes a change of the weights. */
export interface UpdateRule {
  readonly optimiser: Optimiser;
  readonly clip: Clip;
  /** Decay of the exponential moving average of the weights; no average is kept where it is absent. */
  readonly emaDecay?: number;
}

/** What a step changes. */
export interface StepArrays {
  readonly parameters: Parameters;
  /** The parameters themselves where the rule keeps no average. */
  readonly average: Parameters;
  readonly optimiser: OptimiserState;
}

export interface StepResult extends StepArrays {
  /** The weighted parts of the loss, summed over the blocks. */
  readonly parts: Float32Array;
}

/**
 * Training steps, each one run of one compiled program: the losses of all blocks, their gradients, clipping, the optimiser
 * and the average of the weights. Arrays are used in turns: a result's are overwritten by the step after the next.
 */
export class TrainingStep {
  private program: { readonly key: string; readonly ready: Promise<Program> } | undefined;
  private spare: Float32Array[] | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly task: Pick<TrainingTask, "name" | "trained">,
    private readonly rule: UpdateRule,
  ) {}

  /** @param step counts from 1 */
  async run(from: StepArrays, blocks: readonly TaskBlock[], step: number, learningRate: number): Promise<StepResult> {
    if (blocks.length === 0) throw new Error("training: the training set is empty");
    const program = await this.programFor(from.parameters, blocks);
    const { optimiser, emaDecay } = this.rule;
    const { trained } = this.task;
    const changing = changingArrays(from, trained, this.rule);
    const untrained = [...from.parameters].filter(([name]) => !trained.includes(name)).map(([, { data }]) => data);
    const scalars = [...optimiser.scalars(step, learningRate), averageChange(emaDecay ?? 0, step)];
    const inputs = [
      ...changing,
      ...untrained,
      ...scalars.map((x) => Float32Array.of(x)),
      ...blocks.flatMap((b) => b.inputs),
    ];
    const spare = this.spare ?? changing.map(({ length }) => new Float32Array(length));
    const [parts, ...changed] = (await program.run(inputs, [undefined, ...spare])) as Float32Array[];
    this.spare = changing;
    return { parts, ...nameArrays(from, trained, this.rule, changed) };
  }

  dispose(): void {
    void this.program?.ready.then(
      (program) => program.dispose(),
      () => undefined,
    );
    this.program = undefined;
  }

  /** All batches of a run have the same blocks: one program is enough. */
  private programFor(parameters: Parameters, blocks: readonly TaskBlock[]): Promise<Program> {
    const key = blocks.map((block) => block.key).join(", ");
    if (this.program?.key !== key) {
      this.dispose();
      const losses = blocks.map(({ loss }) => loss);
      const name = `${this.task.name}: step of ${key}`;
      this.program = {
        key,
        ready: this.engine.compile(stepSource(name, parameters, this.task.trained, losses, this.rule)),
      };
    }
    return this.program.ready;
  }
}

/**
 * The program of a step. Inputs: trained parameters, their averages, each slot of the optimiser for all of them; the other
 * parameters; the optimiser's scalars and the average's; the blocks' inputs. Outputs: the loss's parts, then what changed.
 */
function stepSource(
  name: string,
  parameters: Parameters,
  trained: readonly string[],
  losses: readonly TensorFunction[],
  { optimiser, clip, emaDecay }: UpdateRule,
): ProgramSource {
  const weights = new Map(trained.map((key) => [key, parameters.get(key)!]));
  const others = new Map([...parameters].filter(([key]) => !weights.has(key)));
  const scalarCount = optimiser.scalars(1, 1).length;
  const averages = emaDecay === undefined ? 0 : 1;
  return {
    name,
    inputs: [
      ...Array.from({ length: 1 + averages + optimiser.slots.length }, () => parameterInputs(weights)).flat(),
      ...parameterInputs(others),
      ...Array.from({ length: scalarCount + 1 }, () => ({ shape: [] })),
      ...losses.flatMap(({ inputs }) => inputs),
    ],
    fn: (...tensors) => {
      const take = taker(tensors);
      const current = take(trained.length);
      const average = take(averages * trained.length);
      const slots = optimiser.slots.map(() => take(trained.length));
      const fixed = nameTensors(others, take(others.size));
      const scalars = take(scalarCount);
      const [change] = take(1);
      let parts: tf.Tensor | undefined;
      let sums: tf.Tensor[] | undefined;
      for (const loss of losses) {
        const found = lossAndGradients(loss, trained, current, fixed, take(loss.inputs.length));
        parts = parts ? parts.add(found.parts) : found.parts;
        sums = sums ? sums.map((sum, k) => sum.add(found.gradients[k])) : found.gradients;
      }
      const updates = clipGradients(sums!, clip).map(
        (gradient, k) =>
        optimiser.update(current[k], gradient, slots.map((slot) => slot[k]), scalars), // prettier-ignore
      );
      return [
        parts!,
        ...updates.map(({ parameter }) => parameter),
        ...average.map((mean, k) => mean.add(updates[k].parameter.sub(mean).mul(change))),
        ...optimiser.slots.flatMap((_, s) => updates.map(({ slots: found }) => found[s])),
      ];
    },
  };
}

/** Takes the next few of a list, again and again. */
function taker<T>(list: readonly T[]): (count: number) => T[] {
  let at = 0;
  return (count) => list.slice(at, (at += count));
}

/** In the order of the program's outputs. */
function changingArrays(
  { parameters, average, optimiser }: StepArrays,
  trained: readonly string[],
  rule: UpdateRule,
): Float32Array[] {
  const changing = rule.emaDecay === undefined ? [parameters] : [parameters, average];
  return [
    ...changing.flatMap((group) => trained.map((name) => group.get(name)!.data)),
    ...rule.optimiser.slots.flatMap((slot) => trained.map((name) => optimiser[slot].get(name)!)),
  ];
}

function nameArrays(
  from: StepArrays,
  trained: readonly string[],
  { optimiser: { slots }, emaDecay }: UpdateRule,
  arrays: readonly Float32Array[],
): StepArrays {
  const take = taker(arrays);
  const group = (): Arrays => new Map(take(trained.length).map((array, i) => [trained[i], array]));
  const renew = (old: Parameters, fresh: Arrays): Parameters =>
    new Map([...old].map(([name, { shape, data }]) => [name, { shape, data: fresh.get(name) ?? data }]));
  const parameters = renew(from.parameters, group());
  return {
    parameters,
    average: emaDecay === undefined ? parameters : renew(from.average, group()),
    optimiser: Object.fromEntries(slots.map((slot) => [slot, new Map([...from.optimiser[slot], ...group()])])),
  };
}
