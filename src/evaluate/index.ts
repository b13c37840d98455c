export { bootstrapStandardError } from "./bootstrap.js";
export type { BootstrapOptions } from "./bootstrap.js";
export { chargeNeutrality, isChargeNeutral } from "./charge-neutrality.js";
export { bestMatchIndex, matchForRanking, matchTarget, rankingValue } from "./dos-match.js";
export type { DosMatch, RankingMatch, StudyMetricName } from "./dos-match.js";
export { dosMatchMetrics } from "./dos-match-metrics.js";
export { retrievalGenerator, trueStructureGenerator } from "./generators.js";
export type { RetrievalGeneratorOptions } from "./generators.js";
export { evaluateMetric } from "./metric.js";
export type { Candidate, JudgedInput, JudgedTarget, Metric, Need } from "./metric.js";
export { metrics, metricValues } from "./metrics.js";
export { isNovel, novelty } from "./novelty.js";
export { amdDistance, pddDistance, pointwiseDistances } from "./pdd.js";
export type { PddOptions, PointwiseDistances } from "./pdd.js";
export { hasValues, qualityTable, runQualityTable } from "./quality.js";
export type {
  CandidateGenerator,
  Candidates,
  CellStore,
  QualityEvent,
  QualityOptions,
  QualityTarget,
} from "./quality.js";
export { predictMatches, rankCandidates } from "./ranking.js";
export type { RankedCandidate } from "./ranking.js";
export { compositionRecovery, compositionShare, sameComposition, structureRecovery } from "./recovery.js";
export { retrievalIndex, retrieve, storedDos } from "./retrieval.js";
export type { RetrievalIndex, RetrievedRecord } from "./retrieval.js";
export { isSameStructure, sameStructureThreshold } from "./same-structure.js";
export { pairedDifference } from "./paired.js";
export type { PairedDifference, PairedDifferenceOptions } from "./paired.js";
export { metricRows, summarize } from "./summary.js";
export type { FinishedCell, MetricRow, SummarizeOptions, SummaryRow } from "./summary.js";
export { sweepGuidance } from "./sweep.js";
export type { GuidedGenerate, SweepOptions, SweepRow } from "./sweep.js";
export { secondsPerCrystal } from "./timing.js";
export { trainingSet } from "./training-set.js";
export type { TrainingSet } from "./training-set.js";
export { uniqueCrystals, uniqueness } from "./uniqueness.js";
export { isStrictlyValid, isStructurallyValid, strictValidity, structuralValidity } from "./validity.js";
export { volumeRange } from "./volume-range.js";
export type { VolumeRange } from "./volume-range.js";
export { compositionRecall, formulaRank, type RankedCompositions } from "./composition-recall.js";
export { calibrationCurve, type CalibrationBin, type Forecast } from "./calibration.js";
export { proposerQuality, type ProposerQuality, type ProposerQuestion } from "./proposer-quality.js";
