export { decodeEnergyModel, encodeEnergyModel, loadEnergyModel, type EnergyModel } from "./checkpoint.js";
export { energySpecs, type EnergyConfig } from "./config.js";
export { readChgnetWheel } from "./import.js";
export type { Fixed } from "./freedom.js";
export { symmetryOperations, type Operation } from "./operations.js";
export { energyPotential, type EnergyResult, type Potential } from "./potential.js";
export { relaxCrystals, relaxed, relaxWith, type Relaxation, type RelaxOptions, type RelaxProgress } from "./relax.js";
export { checkEnergyModel, type EnergyCheck, type EnergyCheckOptions, type ErrorSummary } from "./check.js";
export {
  fitReferences,
  formationEnergy,
  referencesOf,
  type ElementReferences,
  type ReferenceSample,
} from "./references.js";
