import { existsSync } from "node:fs";
import { Dataset, openDataset, type DosRecord } from "../data/index.js";
import { crystalGenerator, type CrystalGenerator } from "../generate/index.js";
import { loadDenoiser, type DenoiserModel } from "../model/index.js";
import { DisposedError, type Engine } from "../runtime/index.js";
import { bundledOr } from "./bundled.js";
import type { DosSources } from "./dos-source.js";
import { openEngine, type EngineOptions } from "./engine.js";
import type { Judges } from "./judge.js";

import { lazy } from "./lazy.js";
import { openModel, type OpenedModel } from "./models.js";
import { openPredictors, type Predictors, type PredictorSources } from "./predictors.js";
import { trainingSetOf } from "./training-data.js";

/** Where a workbench takes its parts from; the bundled ones where nothing is named. */
export interface WorkbenchOptions extends EngineOptions, PredictorSources, DosSources {
  /** Denoiser: a file or a model. Default: the bundled one. */
  readonly model?: string | DenoiserModel;
  /** Data set: a folder, an opened one, or records. Default: the bundled one. */
  readonly dataset?: string | Dataset | Iterable<DosRecord>;
  /** An engine of the caller's, who also disposes of it; `backend` and `threads` are then not used. */
  readonly engine?: Engine;
}

/** Engine, models, data and judges. Each is opened when first asked for, once. */
export interface Resources extends DosSources {
  /** Runs the networks. */
  readonly engine: () => Promise<Engine>;
  /** The denoiser with its file and checksum. */
  readonly denoiser: () => Promise<OpenedModel<DenoiserModel>>;
  /** The denoiser on the engine. */
  readonly generator: () => Promise<CrystalGenerator>;
  /** The predictor that ranks and the one that reports. */
  readonly predictors: () => Promise<Predictors>;
  /** Records to take targets from and to compare with. */
  readonly dataset: () => Promise<Dataset>;
  /** The two predictors and the training crystals. */
  readonly judges: () => Promise<Judges & Predictors>;
  /** What the resources were made from. */
  readonly sources: WorkbenchOptions;
  /** Releases what was opened; a second call does nothing. */
  readonly dispose: () => Promise<void>;
}

/** @throws Error that names a file or folder that is not there */
export function openResources(options: WorkbenchOptions = {}): Resources {
  assertThere(options);
  const engine = lazy(() => (options.engine ? Promise.resolve(options.engine) : openEngine(options)));
  const denoiser = lazy(() => openModel(options.model ?? bundledOr(undefined, "denoiser", "model"), loadDenoiser));
  const generator = lazy(async () => {
    const { model } = await denoiser();
    return crystalGenerator(await engine(), model);
  });
  const predictors = lazy(async () => openPredictors(options, await engine()));
  const dataset = lazy(() => openData(options.dataset));
  const judges = lazy(async () => {
    return { ...(await predictors()), training: trainingSetOf(await dataset()) };
  });
  let disposed = false;
  const { materialsProject, readers } = options;
  const parts = { engine, denoiser, generator, predictors, dataset, judges };
  return {
    ...guarded(parts, () => disposed),
    sources: options,
    ...(materialsProject && { materialsProject }),
    ...(readers && { readers }),
    async dispose() {
      if (disposed) return;
      disposed = true;
      // Programs before the engine that runs them.
      const opened = [generator, predictors, ...(options.engine ? [] : [engine])];
      for (const part of opened) (await part.ifOpened()?.catch(() => undefined))?.dispose();
    },
  };
}

/** Each part as before, until the workbench is disposed of. */
function guarded<T extends Record<string, () => Promise<unknown>>>(parts: T, isDisposed: () => boolean): T {
  const entries = Object.entries(parts).map(([name, open]) => [
    name,
    () => (isDisposed() ? Promise.reject(new DisposedError("workbench")) : open()),
  ]);
  return Object.fromEntries(entries) as T;
}

function openData(source: WorkbenchOptions["dataset"]): Promise<Dataset> {
  if (source instanceof Dataset) return Promise.resolve(source);
  if (source !== undefined && typeof source !== "string") return Promise.resolve(Dataset.fromRecords(source));
  return openDataset(bundledOr(source, "dataset", "dataset"));
}

/** A name that leads nowhere is an error at once, not after minutes of work. */
function assertThere(options: WorkbenchOptions): void {
  for (const name of ["model", "predictor", "reportPredictor", "dataset"] as const) {
    const source = options[name];
    if (typeof source === "string" && !existsSync(source))
      throw new Error(`${name}: ${source}: no such file or folder`);
  }
}
