import { chargeNeutrality } from "./charge-neutrality.js";
import { dosMatchMetrics } from "./dos-match.js";
import type { Metric } from "./metric.js";
import { novelty } from "./novelty.js";
import { compositionRecovery, compositionShare, structureRecovery } from "./recovery.js";
import { secondsPerCrystal } from "./timing.js";
import { uniqueness } from "./uniqueness.js";
import { strictValidity, structuralValidity } from "./validity.js";

/** Every metric, in the order of the quality table's columns. */
export const metrics: readonly Metric[] = [
  structuralValidity,
  strictValidity,
  chargeNeutrality,
  ...dosMatchMetrics,
  uniqueness,
  novelty,
  compositionRecovery,
  compositionShare,
  structureRecovery,
  secondsPerCrystal,
];
