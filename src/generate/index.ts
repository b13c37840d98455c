export { crystalGenerator, type CrystalGenerator } from "./generator.js";
export { conditionBlock, atomsFor } from "./condition.js";
export { crystalState, stateCrystals } from "./crystal-state.js";
export { type GeneratedCrystal, type GenerateOptions, type GenerationProgress, type TemplateKeep } from "./options.js";
export {
  proposeThenPlace,
  type RankedCrystal,
  type TwoStageModels,
  type TwoStageOptions,
  type TwoStageProgress,
} from "./two-stage.js";
