import { existsSync } from "node:fs";
import { dosPredictor, loadPredictor, type DosPredictor, type PredictorModel } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { bundled, bundledOr } from "./bundled.js";
import { openModel } from "./models.js";

/** The predictor that ranks and the one that reports. */
export interface PredictorSources {
  /** DOS predictor that ranks: a file or a model. Default: the bundled one. */
  readonly predictor?: string | PredictorModel;
  /** Independently trained predictor whose numbers are reported. Default: the bundled one, or the one that ranks. */
  readonly reportPredictor?: string | PredictorModel;
}

/** The two predictors, ready to run. */
export interface Predictors {
  readonly rank: DosPredictor;
  readonly report: DosPredictor;
  /** Whether the one that reports is another than the one that ranks. */
  readonly independent: boolean;
  /** SHA-256 by role. */
  readonly sha256: Readonly<Record<"rank" | "report", string>>;
  /** Releases both. */
  readonly dispose: () => void;
}

/** @throws Error when a file is missing or holds no predictor */
export async function openPredictors(sources: PredictorSources, engine: Engine): Promise<Predictors> {
  const rankSource = sources.predictor ?? bundledOr(undefined, "rankPredictor", "predictor");
  const reportSource =
    sources.reportPredictor ?? (existsSync(bundled.reportPredictor) ? bundled.reportPredictor : rankSource);
  const rankModel = await openModel(rankSource, loadPredictor);
  const reportModel = reportSource === rankSource ? rankModel : await openModel(reportSource, loadPredictor);
  const rank = dosPredictor(engine, rankModel.model);
  const report = reportModel === rankModel ? rank : dosPredictor(engine, reportModel.model);
  return {
    rank,
    report,
    independent: rankModel.sha256 !== reportModel.sha256,
    sha256: { rank: rankModel.sha256, report: reportModel.sha256 },
    dispose() {
      rank.dispose();
      report.dispose();
    },
  };
}
