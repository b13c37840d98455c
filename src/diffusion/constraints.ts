import type { Tensor } from "@tensorflow/tfjs";
import type { Block, Inputs, Tensors } from "./block.js";
import { cleanEstimate, type Level } from "./level.js";
import type { DiffusionState } from "./state.js";

/**
 * Something that a generated block must obey. Around the denoiser it is a tensor function, a part of the sampler's program:
 * `before` rewrites what the network sees, `after` what it says; at the end `finish` has the last word on the host. No sampler
 * knows of it.
 */
export interface Constraint {
  /** Constraints of one name must compute the same of their inputs: programs with them are compiled once. */
  readonly name: string;
  /** What its tensor functions are fed at time index t. */
  inputs?(t: number): Inputs;
  /** Changes what the denoiser sees. @param x the noisy block */
  before?(x: Block, given: ConstraintTensors): Block;
  /** Corrects the clean estimate. @param clean the clean block as estimated from `given.x`, of the coordinates the displacement to it */
  after?(clean: Block, given: ConstraintTensors & { readonly x: Block }): Block;
  /** Turns the last state into one that obeys. */
  finish?(state: DiffusionState): DiffusionState;
}

/** What a constraint computes with, inside a program. */
export interface ConstraintTensors {
  readonly inputs: Tensors;
  readonly level: Level<Tensor>;
}

/**
 * A denoiser under constraints, inside a program; they are applied in order.
 * @returns from a noisy block the clean one, of the coordinates the displacement to it
 * @throws Error that names the constraint when one fails
 */
export function constrain(
  predict: (x: Block) => Block,
  constraints: readonly Constraint[],
  { level, inputs }: { readonly level: Level<Tensor>; readonly inputs: Readonly<Record<string, Tensors>> },
): (x: Block) => Block {
  const given = constraints.map((_, i) => ({ level, inputs: inputs[groupName(i)] }));
  return (noisy) => {
    const x = constraints.reduce((b, c, i) => named(c, () => c.before?.(b, given[i]) ?? b), noisy);
    const clean = cleanEstimate(x, predict(x), level);
    const allowed = constraints.reduce((b, c, i) => named(c, () => c.after?.(b, { ...given[i], x }) ?? b), clean);
    if (x.fracCoords === noisy.fracCoords) return allowed;
    return { ...allowed, fracCoords: allowed.fracCoords.add(x.fracCoords).sub(noisy.fracCoords) };
  };
}

/** What the programs of constraints are fed, by group. */
export function constraintInputs(constraints: readonly Constraint[], t: number): Record<string, Inputs> {
  return Object.fromEntries(constraints.map((c, i) => [groupName(i), named(c, () => c.inputs?.(t) ?? {})]));
}

/** What their names add to a program's. */
export function constraintNames(constraints: readonly Constraint[]): string {
  return constraints.map(({ name }) => `, ${name}`).join("");
}

/** The final state, as the constraints want it. */
export function finishState(state: DiffusionState, constraints: readonly Constraint[]): DiffusionState {
  return constraints.reduce((s, c) => named(c, () => c.finish?.(s) ?? s), state);
}

const groupName = (i: number): string => `constraint ${i}`;

function named<T>({ name }: Constraint, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new Error(`constraint "${name}": ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
