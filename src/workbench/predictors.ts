import { existsSync } from "node:fs";
import type { Crystal } from "../crystal/index.js";
import type { PredictedDos } from "../dos/index.js";
import type { DosPredictor } from "../evaluate/index.js";
import { dosPredictor, loadPredictor, type PredictorModel } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { bundled, bundledOr } from "./bundled.js";
import { openModel, type OpenedModel } from "./models.js";

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
  /** Of one crystal, by the predictor that ranks. */
  readonly predictOne: (crystal: Crystal) => Promise<PredictedDos>;
  readonly dispose: () => void;
}

/** @throws Error when a file is missing or holds no predictor */
export async function openPredictors(sources: PredictorSources, engine: Engine): Promise<Predictors> {
  const rankSource = sources.predictor ?? bundledOr(undefined, "rankPredictor", "predictor");
  const reportSource =
    sources.reportPredictor ?? (existsSync(bundled.reportPredictor) ? bundled.reportPredictor : rankSource);
  const rank = await openModel(rankSource, loadPredictor);
  const report = reportSource === rankSource ? rank : await openModel(reportSource, loadPredictor);
  const ranking = running(engine, rank);
  const reporting = report === rank ? ranking : running(engine, report);
  return {
    rank: ranking.predict,
    report: reporting.predict,
    independent: rank.sha256 !== report.sha256,
    sha256: { rank: rank.sha256, report: report.sha256 },
    predictOne: async (crystal) => (await ranking.predict([crystal]))[0],
    dispose() {
      ranking.dispose();
      if (reporting !== ranking) reporting.dispose();
    },
  };
}

function running(engine: Engine, { model }: OpenedModel<PredictorModel>) {
  const predictor = dosPredictor(engine, model);
  const predict: DosPredictor = (crystals) => predictor.predict(crystals);
  return { predict, dispose: () => predictor.dispose() };
}
