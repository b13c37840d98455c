export { referenceConfig, type DenoiserConfig, type EncoderKind } from "./config.js";
export {
  assertParameters,
  initialParameters,
  nameTensors,
  parameterCount,
  parameterInputs,
  type Parameters,
  type ParameterSpec,
  type ParameterTensors,
  type WeightPiece,
  type WeightPieces,
} from "./parameters.js";
export { timeEmbedding } from "./time-embedding.js";
export { denoiser, denoiserPieces, denoiserSpecs, type DenoiserTensors, type NoisyTensors } from "./denoiser.js";
export { encodeCondition, encoderBins, type ConditionTensors } from "./encoder.js";
export { cspPredictor, type CrystalTensors } from "./csp-predictor.js";
export {
  memberPredictions,
  radialPredictor,
  radialPredictorSpecs,
  type RadialPrediction,
  type RadialPredictorConfig,
  type RadialTensors,
} from "./radial-predictor.js";
export {
  decodeModel,
  encodeModel,
  loadDenoiser,
  loadModel,
  loadPredictor,
  loadProposer,
  saveModel,
  type DenoiserModel,
  type Model,
  type ModelBase,
  type PredictorModel,
  type ProposerModel,
} from "./checkpoint.js";
export { descriptorSize, descriptorTable, elementDescriptor } from "./descriptors.js";
export { dosPredictor, descriptors, oneHotTypes, type DosPredictor, type PredictsDos } from "./predictor.js";
export { radialFeatures } from "./radial-features.js";
export { decodeLattice, encodeLattice, type LatticeSpace } from "./lattice-space.js";
export {
  proposerFeatureCount,
  proposerFeatures,
  type ProposerFeatureConfig,
  type SiteEvidence,
} from "./element-proposer-features.js";
export {
  conventions,
  elementProposerSpecs,
  proposerLayers,
  proposerLogits,
  type Convention,
  type ElementProposerConfig,
} from "./element-proposer-network.js";
export { equalSites } from "./equal-sites.js";
export {
  elementProposer,
  targetEvidence,
  type ElementProbability,
  type ElementProposal,
  type ElementProposer,
  type ProposeOptions,
} from "./element-proposer.js";
export {
  proposeCompositions,
  type CompositionOptions,
  type CompositionProposal,
  type ProposedComposition,
} from "./compositions.js";
export { siluWith } from "./layers.js";
