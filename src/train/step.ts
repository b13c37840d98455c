import * as tf from "@tensorflow/tfjs";
import { Disposal } from "../base/disposed.js";
import { nameTensors, parameterInputs } from "../model/index.js";
import type { Engine, Program, ProgramSource } from "../runtime/index.js";
import { averageChange, clipGradients } from "./optimiser.js";
import { PackedArrays } from "./packed-arrays.js";
import type { Packing } from "./packing.js";
import { packing } from "./packing.js";
import type { TensorFunction, TaskBlock, TrainingTask } from "./task.js";
import { lossAndGradients } from "./task.js";
import type { StepArrays, UpdateRule } from "./update-rule.js";

/** The loss of a training step and the arrays that it left. */
export interface StepResult {
  /** The weighted parts of the loss, summed over the blocks. */
  readonly parts: Float32Array;
  readonly arrays: StepArrays;
}

/**
 * Training steps, each one run of one compiled program: the losses of all blocks, their gradients, clipping, the optimiser
 * and the average of the weights. Arrays are used in turns: a result's, whose names are looked up when they are asked for,
 * are overwritten by the step after the next.
 */
export class TrainingStep {
  private readonly disposal: Disposal;
  private program: { readonly key: string; readonly ready: Promise<Program> } | undefined;
  private packing: Packing | undefined;
  private spare: readonly Float32Array[] | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly task: Pick<TrainingTask, "name" | "trained" | "pieces">,
    private readonly rule: UpdateRule,
  ) {
    this.disposal = new Disposal(`training step of the ${task.name}`);
  }

  /**
   * @param step counts from 1
   * @throws Error when there are no blocks; DisposedError after `dispose()`
   */
  async run(from: StepArrays, blocks: readonly TaskBlock[], step: number, learningRate: number): Promise<StepResult> {
    this.disposal.check();
    if (blocks.length === 0) throw new Error("training: the training set is empty");
    this.packing ??= packing(from.parameters, this.task.trained, this.task.pieces);
    const packed = PackedArrays.of(from, this.packing, this.rule);
    const program = await this.programFor(packed, blocks);
    const { optimiser, emaDecay } = this.rule;
    const scalars = [...optimiser.scalars(step, learningRate), averageChange(emaDecay ?? 0, step)];
    const inputs = [
      ...packed.slabs,
      ...[...packed.untrained().values()].map(({ data }) => data),
      ...scalars.map((x) => Float32Array.of(x)),
      ...blocks.flatMap((b) => b.inputs),
    ];
    const spare = this.spare ?? packed.slabs.map(({ length }) => new Float32Array(length));
    const [parts] = (await program.run(inputs, [undefined, ...spare])) as Float32Array[];
    this.spare = packed.slabs;
    return { parts, arrays: packed.after(spare) };
  }

  /** Releases the program; calls after it throw DisposedError. */
  dispose(): void {
    if (this.disposal.end()) this.release();
  }

  /** The same, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private release(): void {
    void this.program?.ready.then(
      (program) => program.dispose(),
      () => undefined,
    );
    this.program = undefined;
  }

  /** All batches of a run have the same blocks: one program is enough. */
  private programFor(packed: PackedArrays, blocks: readonly TaskBlock[]): Promise<Program> {
    const key = blocks.map((block) => block.key).join(", ");
    if (this.program?.key !== key) {
      this.release();
      const losses = blocks.map(({ loss }) => loss);
      const name = `${this.task.name}: step of ${key}`;
      const source = stepSource(name, packed, losses, this.rule);
      this.program = { key, ready: this.engine.compile(source) };
    }
    return this.program.ready;
  }
}

/**
 * The program of a step. Inputs: slabs of the trained parameters, of their averages, of each slot of the optimiser; the other
 * parameters; the optimiser's scalars and the average's; the blocks' inputs. Outputs: the loss's parts, then the slabs.
 */
function stepSource(
  name: string,
  packed: PackedArrays,
  losses: readonly TensorFunction[],
  { optimiser, clip, emaDecay }: UpdateRule,
): ProgramSource {
  const others = packed.untrained();
  const { names: trained, slabs, tensors: unpack } = packed.packing;
  const scalarCount = optimiser.scalars(1, 1).length;
  const averages = emaDecay === undefined ? 0 : 1;
  return {
    name,
    inputs: [
      ...Array.from({ length: 1 + averages + optimiser.slots.length }, () => slabs).flat(),
      ...parameterInputs(others),
      ...Array.from({ length: scalarCount + 1 }, () => ({ shape: [] })),
      ...losses.flatMap(({ inputs }) => inputs),
    ],
    fn: (...tensors) => {
      const take = taker(tensors);
      const current = take(slabs.length);
      const average = take(averages * slabs.length);
      const slots = optimiser.slots.map(() => take(slabs.length));
      const fixed = nameTensors(others, take(others.size));
      const scalars = take(scalarCount);
      const [change] = take(1);
      let parts: tf.Tensor | undefined;
      let sums: tf.Tensor[] | undefined;
      for (const loss of losses) {
        const inputs = take(loss.inputs.length);
        const found = lossAndGradients(loss, { trained, weights: current, others: fixed, inputs, unpack });
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
