import type { Tensor } from "@tensorflow/tfjs";
import type { Block } from "./block.js";
import type { Schedule } from "./schedule.js";

/** The noise of one time index: numbers on the host, scalar tensors inside a program. */
export interface Level<T = number> {
  /** sqrt(alpha_bar): what is left of types and lattice. */
  readonly signal: T;
  /** sqrt(1 - alpha_bar): the deviation of their noise. */
  readonly noise: T;
  /** Deviation of the noise of fractional coordinates. */
  readonly sigma: T;
  /** -sigma^2 sqrt(lambda): turns the network's score into the displacement to the clean coordinates. */
  readonly toClean: T;
}

/** The level of time index t. */
export function levelAt({ alphasCumprod, coordSigmas, scoreNorms }: Schedule, t: number): Level {
  return {
    signal: Math.sqrt(alphasCumprod[t]),
    noise: Math.sqrt(1 - alphasCumprod[t]),
    sigma: coordSigmas[t],
    toClean: -(coordSigmas[t] ** 2) * Math.sqrt(scoreNorms[t]),
  };
}

/**
 * The clean crystal behind a noisy one: x_0 = (x - sqrt(1 - ab) eps) / sqrt(ab) of types and lattice. Of the coordinates it
 * is the displacement to x_0 = x - sigma^2 score, since on the torus only displacements can be told apart.
 * @param prediction noise of types and lattice, coordinate score over sqrt(lambda)
 */
export function cleanEstimate(x: Block, prediction: Block, { signal, noise, toClean }: Level<Tensor>): Block {
  const clean = (field: "types" | "lattice"): Tensor => x[field].sub(prediction[field].mul(noise)).div(signal);
  return { types: clean("types"), lattice: clean("lattice"), fracCoords: prediction.fracCoords.mul(toClean) };
}
