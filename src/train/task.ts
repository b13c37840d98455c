import * as tf from "@tensorflow/tfjs";
import type { Parameters, ParameterTensors, WeightPieces } from "../model/index.js";
import { nameTensors, parameterInputs } from "../model/index.js";
import type { ProgramSource, TensorSpec } from "../runtime/index.js";

/** The weighted parts of a block's loss, [parts], from the parameters and the block's inputs. Their sum is the loss. */
export interface TensorFunction {
  readonly inputs: readonly TensorSpec[];
  /** The weighted parts of the loss, [P], of the block. */
  readonly parts: (p: ParameterTensors, inputs: readonly tf.Tensor[]) => tf.Tensor;
}

/** One dense block of a batch, ready to run. */
export interface TaskBlock {
  /** Names the shape: blocks with one key share a compiled program. */
  readonly key: string;
  readonly loss: TensorFunction;
  readonly inputs: readonly (Float32Array | Int32Array)[];
}

/** What is trained: data and loss; how they are optimised is the trainer's. */
export interface TrainingTask {
  readonly name: string;
  readonly initial: Parameters;
  /** Names of the parameters that the loss depends on; the others keep their values. */
  readonly trained: readonly string[];
  /** Pieces of weights that the loss uses by themselves. */
  readonly pieces?: WeightPieces;
  readonly partNames: readonly string[];
  /** The blocks of a step, counted from 1; a pure function of the step. */
  batch(step: number): TaskBlock[] | Promise<TaskBlock[]>;
  /** Fixed blocks whose losses add up to the validation loss. */
  validation(): TaskBlock[] | Promise<TaskBlock[]>;
  /** A program of the loss alone, for validation. */
  valueProgram(name: string, fn: TensorFunction): ProgramSource;
}

/** Programs of a task over these parameters: (parameters..., inputs...) -> parts[, gradients of the trained ones...]. */
export function taskSources(
  parameters: Parameters,
  trained: readonly string[] = [...parameters.keys()],
): Pick<TrainingTask, "trained" | "valueProgram"> & {
  /** A program of the loss with the gradients of the trained parameters. */
  readonly gradientProgram: (name: string, fn: TensorFunction) => ProgramSource;
} {
  const count = parameters.size;
  const inputs = (fn: TensorFunction): TensorSpec[] => [...parameterInputs(parameters), ...fn.inputs];
  return {
    trained,
    valueProgram: (name, fn) => ({
      name,
      inputs: inputs(fn),
      fn: (...tensors) => [fn.parts(nameTensors(parameters, tensors), tensors.slice(count))],
    }),
    gradientProgram: (name, fn) => ({
      name,
      inputs: inputs(fn),
      fn: (...tensors) => {
        const others = nameTensors(parameters, tensors);
        const weights = trained.map((key) => others.get(key)!);
        const { parts, gradients } = lossAndGradients(fn, { trained, weights, others, inputs: tensors.slice(count) });
        return [parts, ...gradients];
      },
    }),
  };
}

/** Where a loss is taken. */
export interface LossPoint {
  /** Names of the trained parameters. */
  readonly trained: readonly string[];
  /** Their tensors, or what `unpack` makes these of. */
  readonly weights: readonly tf.Tensor[];
  /** The other parameters; trained ones among them are replaced. */
  readonly others: ParameterTensors;
  /** The block's inputs. */
  readonly inputs: readonly tf.Tensor[];
  /** From `weights` to the tensors of the trained parameters; the weights themselves if absent. */
  readonly unpack?: (weights: readonly tf.Tensor[]) => readonly tf.Tensor[];
}

/** The parts of a loss, and the gradients of their sum by the point's weights. */
export function lossAndGradients(
  fn: TensorFunction,
  { trained, weights, others, inputs, unpack = (tensors) => tensors }: LossPoint,
): { readonly parts: tf.Tensor; readonly gradients: tf.Tensor[] } {
  let parts: tf.Tensor | undefined;
  const loss = (...current: tf.Tensor[]): tf.Scalar => {
    const named = unpack(current).map((tensor, i) => [trained[i], tensor] as const);
    parts = tf.keep(fn.parts(new Map([...others, ...named]), inputs));
    return parts.sum();
  };
  const { grads } = tf.valueAndGrads(loss)([...weights]);
  const value = parts!.clone();
  parts!.dispose();
  return { parts: value, gradients: grads };
}
