export { broaden, broadenTo, extraSigma, storedSigma } from "./broaden.js";
export { meanAbsoluteError, relativeL1, wasserstein } from "./distances.js";
export type { CurveDistance } from "./distances.js";
export { bandCentre, bandEdges, dosAtFermi, integrate, occupiedElectrons } from "./features.js";
export type { BandEdgeOptions, BandEdges } from "./features.js";
export { energies, resample, resampleFrom, sameGrid, spacing } from "./grid.js";
export { matchDos, matchMetrics, siteMatches } from "./match.js";
export type { DosMetricName, MatchCandidate, MatchLevel, MatchMetric, MatchResult } from "./match.js";
export { pairSites } from "./pairing.js";
export { meanOfSites, siteCurve, standardGrid, sumOfSites, totalFromPartition } from "./spectra.js";
export type { Curve, EnergyGrid, PredictedDos, SiteDos, Spectrum, TotalDos } from "./spectra.js";
export { checkTarget, makeTarget, targetFromRecord } from "./target.js";
export type { Target, TargetOptions } from "./target.js";
export { targetFromJson } from "./target-json.js";
export { describeDosFile, dosFile, requireSites } from "./readers/dos-file.js";
export type { DosChannel, DosFile, DosFileInputs, ReadDosOptions } from "./readers/dos-file.js";
export type { DosFileStart, DosInput, DosReader } from "./readers/dos-reader.js";
export { targetFromDos, targetNotes } from "./readers/dos-target.js";
export type { TargetFileOptions } from "./readers/dos-target.js";
export { broadenDos, resampleDos } from "./readers/on-grid.js";
export type { GridSpectra } from "./readers/on-grid.js";
export { dosReaders, readDosEntries, readDosFile } from "./readers/read.js";
export type { ReadDosFileOptions } from "./readers/read.js";
export { dosFromText } from "./readers/read-json.js";
export { readProjwfc } from "./readers/projwfc.js";
export { parseVasprun, readVasprun } from "./readers/vasprun.js";
export { isMaterialId, materialsProject } from "./readers/materials-project.js";
export type {
  DocumentCache,
  MaterialsProject,
  MaterialsProjectOptions,
  MaterialsQuery,
  MaterialSummary,
} from "./readers/materials-project.js";
export type { FetchOptions } from "./readers/http.js";
export { HttpError } from "./readers/http.js";
