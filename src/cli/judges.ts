import type { Crystal } from "../crystal/index.js";
import type { Dataset } from "../data/index.js";
import { openDataset } from "../data/index.js";
import type { SiteDos } from "../dos/index.js";
import { dosPredictor, loadPredictor, type DosPredictor } from "../model/index.js";
import type { Engine } from "../runtime/index.js";
import { bundled, bundledOr, fileSha256 } from "./files.js";
import { existsSync } from "node:fs";

/** Where a command takes its predictors and its data set from; the bundled ones where nothing is said. */
export interface SourceOptions {
  readonly predictor?: string;
  readonly reportPredictor?: string;
  readonly dataset?: string;
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
  readonly predictOne: (crystal: Crystal) => Promise<SiteDos>;
}

/** @throws Error when a file is missing or is no predictor */
export async function openPredictors(options: SourceOptions, engine: Engine): Promise<Predictors> {
  const rankPath = bundledOr(options.predictor, "rankPredictor", "--predictor");
  const reportPath =
    options.reportPredictor ?? (existsSync(bundled.reportPredictor) ? bundled.reportPredictor : rankPath);
  const rank = dosPredictor(engine, await loadPredictor(rankPath));
  const report = reportPath === rankPath ? rank : dosPredictor(engine, await loadPredictor(reportPath));
  const sha256 = { rank: await fileSha256(rankPath), report: await fileSha256(reportPath) };
  return {
    rank,
    report,
    independent: sha256.rank !== sha256.report,
    sha256,
    predictOne: async (crystal) => (await rank.predict([crystal]))[0],
  };
}

/** Opens the data set when first asked for it, once. */
export function lazyDataset({ dataset }: SourceOptions): () => Promise<Dataset> {
  let opened: Promise<Dataset> | undefined;
  return () => (opened ??= openDataset(bundledOr(dataset, "dataset", "--dataset")));
}
