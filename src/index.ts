/**
 * dosmith: crystals from a density of states. The rooms are also importable on their own ("dosmith/crystal",
 * "dosmith/dos", ...); src/README.md has the map.
 * @packageDocumentation
 */
export * from "./crystal/index.js";
export * from "./dos/index.js";
export {
  buildDataset,
  Dataset,
  isEquilibrium,
  openDataset,
  readReferenceJson,
  streamDataset,
  writeFileAtomic,
  writeReferenceJson,
  type DosRecord,
  type SplitName,
} from "./data/index.js";
export { compiledEngine, createEngine, eagerEngine, availableBackends, type Engine } from "./runtime/index.js";
export {
  dosPredictor,
  loadDenoiser,
  loadModel,
  loadPredictor,
  saveModel,
  type DenoiserModel,
  type DosPredictor,
  type PredictorModel,
  type PredictsDos,
} from "./model/index.js";
export {
  crystalGenerator,
  type CrystalGenerator,
  type GeneratedCrystal,
  type GenerateOptions,
  type GenerationProgress,
} from "./generate/index.js";
export {
  defaultDenoiserOptions,
  defaultPredictorOptions,
  denoiserRun,
  predictorRun,
  runTraining,
  trainWithFiles,
  type TrainingProgress,
} from "./train/index.js";
export * from "./evaluate/index.js";
export * from "./verify/index.js";
export {
  openWorkbench,
  readStudy,
  reportData,
  studyTable,
  type Run,
  type RunOptions,
  type Study,
  type StudyOptions,
  type Workbench,
  type WorkbenchOptions,
} from "./workbench/index.js";
