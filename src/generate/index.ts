export { crystalGenerator, type CrystalGenerator } from "./generator.js";
export { conditionBlock, atomsFor } from "./condition.js";
export { constraintMakers } from "./constraints.js";
export { crystalState, stateCrystals } from "./crystal-state.js";
export {
  type ConstraintContext,
  type ConstraintMaker,
  type GeneratedCrystal,
  type GenerateOptions,
  type GenerationProgress,
  type SamplerName,
  type TemplateKeep,
} from "./options.js";
export { samplers, type SamplerMaker } from "./samplers.js";
export {
  proposeThenPlace,
  type RankedCrystal,
  type TwoStageModels,
  type TwoStageOptions,
  type TwoStageProgress,
} from "./two-stage.js";
