import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import { corrupt } from "./corruption.js";
import type { DiffusionState } from "./state.js";

/** A seed crystal's block noised to t = seedNoise * T, from where the sampler starts (the reference's diff_ratio). */
export function warmStart(
  clean: DiffusionState,
  seedNoise: number,
  schedule: Schedule,
  noise: NoiseSource,
): { state: DiffusionState; startTime: number } {
  if (!(seedNoise > 0 && seedNoise <= 1))
    throw new Error(`seed noise: expected a number in (0, 1], found ${seedNoise}`);
  const startTime = Math.max(1, Math.round(seedNoise * schedule.timesteps));
  const times = new Int32Array(clean.batchSize).fill(startTime);
  const draws = {
    types: noise("types", startTime, "start"),
    fracCoords: noise("fracCoords", startTime, "start"),
    lattice: noise("lattice", startTime, "start"),
  };
  return { state: corrupt(clean, schedule, times, draws).state, startTime };
}
