import type { Tensor } from "@tensorflow/tfjs";
import type { Engine } from "../runtime/index.js";
import { createProgramCache } from "../runtime/index.js";
import { blockInputs, blockList, type Block, type Inputs, type Tensors } from "./block.js";
import { levelAt, type Level } from "./level.js";
import { runProgram, scalarInputs, scalarTensors, type ProgramHome } from "./program.js";
import type { Schedule } from "./schedule.js";
import { fieldsOf, type DiffusionState, type Fields } from "./state.js";

/**
 * What samplers see of a model: a tensor function that becomes a part of their programs. Guidance is in it already;
 * constraints are put around it.
 */
export interface Denoiser extends ProgramHome {
  readonly schedule: Schedule;
  /** The evaluation at a time index. */
  at(t: number): Evaluation;
}

/** How a denoiser is evaluated at one time index. */
export interface Evaluation {
  /** Evaluations of one name must be the same function of their inputs: its programs are compiled once. */
  readonly name: string;
  readonly inputs: Inputs;
  /** Predicts from a noisy block. @returns noise of types and lattice; of the coordinates the score over sqrt(lambda), with the sign of +x/sigma^2 */
  readonly predict: (x: Block, given: EvaluationTensors) => Block;
}

/** What an evaluation computes with, inside a program. */
export interface EvaluationTensors {
  readonly inputs: Tensors;
  readonly constants: readonly Tensor[];
  readonly level: Level<Tensor>;
}

/** A denoiser that is known in closed form. */
export interface ExactDenoiser {
  readonly name: string;
  readonly schedule: Schedule;
  readonly inputs?: Inputs;
  /** As `Evaluation.predict`. */
  readonly predict: (x: Block, given: EvaluationTensors) => Block;
}

/** A denoiser without a network, for instance the exact one of known data. Its programs live as long as the engine. */
export function exactDenoiser(engine: Engine, { name, schedule, inputs = {}, predict }: ExactDenoiser): Denoiser {
  return { schedule, programs: createProgramCache(engine, 24), at: () => ({ name, inputs, predict }) };
}

/** One evaluation by itself: what the denoiser says of a state at time index t, constraints apart. */
export async function evaluate(denoiser: Denoiser, state: DiffusionState, t: number): Promise<Fields> {
  const { name, inputs, predict } = denoiser.at(t);
  const level = levelAt(denoiser.schedule, t);
  const prediction = await runProgram(denoiser, {
    name: `denoiser, ${name}, ${state.batchSize} x ${state.atomsPerCrystal}`,
    inputs: { x: blockInputs(state, state), denoiser: inputs, level: scalarInputs(level) },
    fn: (given, constants) => {
      const x = given.x as Block;
      const scalars = scalarTensors(level, given.level);
      return blockList(predict(x, { inputs: given.denoiser, constants, level: scalars }));
    },
  });
  return fieldsOf(prediction);
}
