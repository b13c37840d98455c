import type { NoiseSource } from "./noise.js";
import type { Schedule } from "./schedule.js";
import { corrupt } from "./corruption.js";
import type { DiffusionState } from "./state.js";

/** A clean block noised to t = initNoise * T, from where the sampler starts (the reference's diff_ratio). */
export function warmStart(
  clean: DiffusionState,
  initNoise: number,
  schedule: Schedule,
  noise: NoiseSource,
): { state: DiffusionState; startTime: number } {
  if (!(initNoise > 0 && initNoise <= 1)) throw new Error(`initNoise: expected a number in (0, 1], found ${initNoise}`);
  const startTime = Math.max(1, Math.round(initNoise * schedule.timesteps));
  const times = new Int32Array(clean.batchSize).fill(startTime);
  const draws = {
    types: noise("types", startTime, "start"),
    fracCoords: noise("fracCoords", startTime, "start"),
    lattice: noise("lattice", startTime, "start"),
  };
  return { state: corrupt(clean, schedule, times, draws).state, startTime };
}
