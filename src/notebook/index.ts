export { datasetChart } from "./charts/dataset-chart.js";
export { dosCandidate } from "./charts/dos-candidate.js";
export { dosChart } from "./charts/dos-chart.js";
export type { DosChartInput } from "./charts/dos-chart.js";
export type { DosCandidate } from "./charts/dos-panels.js";
export { dosHeatmap } from "./charts/dos-heatmap.js";
export type { DosHeatmapOptions, DosHeatmapRow } from "./charts/dos-heatmap.js";
export { histogram } from "./charts/histogram.js";
export type { HistogramOptions } from "./charts/histogram.js";
export { learningCurveChart } from "./charts/learning-curve-chart.js";
export type { LearningCurveOptions, LearningCurveRow } from "./charts/learning-curve-chart.js";
export { lossChart } from "./charts/loss-chart.js";
export type { LossChartOptions, LossRow } from "./charts/loss-chart.js";
export { chartSpec } from "./charts/spec.js";
export type { VegaLiteSpec } from "./charts/spec.js";
export {
  dftStudyChart,
  learningCurveStudyChart,
  qualityChart,
  samplerStudyChart,
} from "./charts/stored-study-charts.js";
export { studyChart } from "./charts/study-chart.js";
export type { StudyChartOptions } from "./charts/study-chart.js";
export { tradeoffChart } from "./charts/tradeoff-chart.js";
export type { TradeoffOptions, TradeoffReference, TradeoffRow } from "./charts/tradeoff-chart.js";
export { lineChart, scatterChart } from "./charts/xy-chart.js";
export type { ScatterOptions, XyChartOptions, XyPoint } from "./charts/xy-chart.js";
export { bundledFile } from "./bundled.js";
export { clearOutput, interruptSignal, liveOutput, mimeBundle, notebookProgress, show } from "./display.js";
export type { DisplayHook, LiveOutput, MimeBundle, NotebookProgress, Showable } from "./display.js";
export { escapeHtml, Html, html, prettyFormula } from "./html.js";
export { liveTraining } from "./live-training.js";
export type { LiveTrainingOptions, ShownProgress } from "./live-training.js";
export { neutral, okabeIto, sequentialColor, sequentialScale, seriesColor } from "./palette.js";
export { formatDuration, formatProgress, ProgressMeter, progressHtml } from "./progress.js";
export type { ProgressState } from "./progress.js";
export { toSvg } from "./render.js";
export { renderReport } from "./report.js";
export type { ReportCandidate, ReportComputed, ReportData, ReportMatch, ReportValidity } from "./report-data.js";
export { writeReport } from "./run-report.js";
export type { Edge, Scene, SceneAtom, SceneOptions } from "./scene.js";
export type { ColourByValue, SceneLegend } from "./scene-colours.js";
export { candidateFrame, candidateRows, formatCell, htmlTable, textTable, volumePerAtom } from "./table.js";
export type { Cell, Column, Row } from "./table.js";
export { crystalView, trajectoryView } from "./view3d.js";
export type { TrajectoryViewOptions, ViewOptions } from "./view3d.js";
export { watch } from "./watch.js";
