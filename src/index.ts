/**
 * dosmith: crystals from a density of states. Here is what most programs need; `openWorkbench` is where to begin. Each room has the
 * rest and is importable on its own ("dosmith/crystal", "dosmith/dos", "dosmith/notebook", ...).
 * @packageDocumentation
 */
// From a target to ranked crystals, a report and calculations.
export { Interrupted, openWorkbench, studyTable } from "./workbench/index.js";
export type { Run, RunOptions, RunProgress, SourcedTarget, Study, StudyOptions, Task } from "./workbench/index.js";
export type { JudgedCrystal, Workbench, WorkbenchOptions } from "./workbench/index.js";
// Crystals.
export { atomicNumber, composition, crystalOf, elementSymbol, formatCrystal, formula } from "./crystal/index.js";
export { latticeParameters, readCrystals, spaceGroup, supercell, volume } from "./crystal/index.js";
export type { Crystal, CrystalLike, LatticeParameters, Matrix3, Vector3 } from "./crystal/index.js";
// Densities of states, and targets made of them.
export { bandEdges, broadenDos, energies, integrate, matchDos, meanOfSites, relativeL1 } from "./dos/index.js";
export { materialsProject, occupiedElectrons, readDosFile, siteCurve, standardGrid, sumOfSites } from "./dos/index.js";
export { makeTarget, targetFromDos, targetFromRecord, wasserstein } from "./dos/index.js";
export type { Curve, DosFile, EnergyGrid, MatchResult, PredictedDos, SiteDos, Spectrum } from "./dos/index.js";
export type { Target, TargetOptions, TotalDos } from "./dos/index.js";
// Data sets.
export { buildDataset, Dataset, isEquilibrium, openDataset, streamDataset } from "./data/index.js";
export { readReferenceJson, writeReferenceJson } from "./data/index.js";
export type { DosRecord, SplitName } from "./data/index.js";
// Engines, models and the generator.
export { availableBackends, createEngine, DisposedError } from "./runtime/index.js";
export type { Engine } from "./runtime/index.js";
export { dosPredictor, loadDenoiser, loadModel, loadPredictor, saveModel } from "./model/index.js";
export type { DenoiserModel, DosPredictor, PredictorModel, PredictsDos } from "./model/index.js";
export { crystalGenerator } from "./generate/index.js";
export type { CrystalGenerator, GeneratedCrystal, GenerateOptions, GenerationProgress } from "./generate/index.js";
// Training.
export { defaultDenoiserOptions, defaultPredictorOptions, denoiserRun, predictorRun } from "./train/index.js";
export { runTraining, trainWithFiles } from "./train/index.js";
export type { TrainingProgress, TrainingRun } from "./train/index.js";
// Judging.
export { isChargeNeutral, isSameStructure, isStrictlyValid, isStructurallyValid, metrics } from "./evaluate/index.js";
export { qualityTable, rankCandidates, retrievalGenerator, trueStructureGenerator } from "./evaluate/index.js";
export type { Candidate, CandidateGenerator, Metric, QualityTarget, SummaryRow } from "./evaluate/index.js";
// First-principles calculations.
export { hullOf, verify } from "./verify/index.js";
export type { Verification, VerifyOptions } from "./verify/index.js";
