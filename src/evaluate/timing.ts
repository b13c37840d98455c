import type { Metric } from "./metric.js";

/** Wall-clock seconds for one candidate, those of its block shared equally. */
export const secondsPerCrystal: Metric = {
  name: "seconds_per_crystal",
  description: "Wall time of generating a target's candidates divided by their number.",
  unit: "s",
  needs: ["seconds"],
  compute: ({ candidates, seconds }) => (candidates.length === 0 ? null : seconds! / candidates.length),
};
