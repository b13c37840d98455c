import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { isEquilibrium } from "../../data/index.js";
import { targetFromRecord } from "../../dos/index.js";
import {
  pairedDifference,
  qualityTable,
  type CandidateGenerator,
  type CellStore,
  type FinishedCell,
  type QualityTarget,
  type SummaryRow,
} from "../../evaluate/index.js";
import {
  crystalGenerator,
  type CrystalGenerator,
  type GeneratedCrystal,
  type GenerateOptions,
} from "../../generate/index.js";
import { createEngine, type Engine, key } from "../../runtime/index.js";
import type { Resources } from "../resources.js";
import { openCellStore } from "../study/cell-store.js";
import { task, type Task, type WorkProgress } from "../task.js";
import { trainingRecords } from "../training-data.js";
import { samplerMetrics, type SamplerResult, type SamplerSplit } from "./sampler-results.js";
import { samplerSeries, samplerVariants, type SamplerSeries, type SamplerSettings } from "./sampler-series.js";

/** Samplers, numbers of evaluations and targets of a sampler study. */
/** Targets and settings of a sampler study. */
export interface SamplerStudyOptions {
  /** "validation" is what the defaults were chosen on: more variants, without the slow reference. Default "test". */
  readonly split?: "test" | "validation";
  /** How many targets, chosen by a seeded shuffle. Default 140. */
  readonly targets?: number;
  /** Crystals for each target. Default 8. */
  readonly count?: number;
  /** Folder of finished cells, which are not computed again. Default: none are kept. */
  readonly folder?: string;
  /** Which settings, by series. Default: those of the split. */
  readonly series?: SamplerSeries;
  /** Also runs the reference's sampler, predictor-corrector. Default: on the test split. */
  readonly reference?: boolean;
  readonly signal?: AbortSignal;
}

/** A cell is finished, and perhaps a row. */
export interface SamplerStudyProgress extends WorkProgress {
  /** A setting has met all targets. */
  readonly row?: SummaryRow;
}

const reference = "predictor-corrector";

/**
 * Quality against evaluations of the network: every setting makes crystals for each target from the same noise, the quality table's
 * metrics judge them, and each setting is compared in pairs with the reference's sampler.
 *
 * @throws Error when the data set has no fixed split
 * @example
 *     const { results } = await samplerStudy(bench, { targets: 20, folder: "out" });
 */
export function samplerStudy(
  resources: Resources,
  options: SamplerStudyOptions = {},
): Task<SamplerStudyProgress, SamplerSplit> {
  return task(() => runSamplerStudy(resources, options));
}

/** A setting of a sampler: a row of the table. */
interface Setting extends CandidateGenerator {
  readonly series: string;
  readonly evaluations: number;
}

async function* runSamplerStudy(
  resources: Resources,
  options: SamplerStudyOptions,
): AsyncGenerator<SamplerStudyProgress, SamplerSplit> {
  const { split = "test", count = 8, signal } = options;
  const { series = split === "test" ? samplerSeries : { ...samplerSeries, ...samplerVariants } } = options;
  const targets = await targetsOf(resources, split, options.targets ?? 140);
  const generators = openGenerators(resources);
  try {
    const { config } = (await resources.denoiser()).model;
    const inputs = { generators, targets, count };
    const settings = settingsOf(series, inputs);
    if (options.reference ?? split === "test") settings.push(referenceSetting(2 * config.timesteps, inputs));
    const { rank, report } = await resources.predictors();
    const store =
      options.folder === undefined ? undefined : await openCells(resources, options.folder, split, { series, count });
    const table = qualityTable({
      ...{ targets, generators: settings, signal, rankPredictor: rank, reportPredictor: report },
      trainingRecords: trainingRecords(await resources.dataset()),
      ...(store && { store }),
    });
    const cells: FinishedCell[] = [];
    const rows: SummaryRow[] = [];
    const progress = { label: "sampler study", unit: "cell", total: settings.length * targets.length, from: 0 };
    for await (const event of table) {
      if (event.kind === "cell") {
        cells.push(event.cell);
        const { generator, target } = event.cell;
        yield { ...progress, done: cells.length, detail: `${generator}, ${target}` };
      } else {
        rows.push(event.row);
        yield { ...progress, done: cells.length, row: event.row };
      }
    }
    return { results: rows.map((row) => resultOf(row, settings, cells)) };
  } finally {
    generators.dispose();
  }
}

async function targetsOf(resources: Resources, split: "test" | "validation", count: number): Promise<QualityTarget[]> {
  const records = (await resources.dataset()).split()[split].filter(isEquilibrium);
  return key(0)
    .fold(0, 0)
    .shuffled(records.ids)
    .slice(0, count)
    .map((id) => records.get(id))
    .map((record) => ({ target: targetFromRecord(record), trueCrystal: record.crystal }));
}

interface Generators {
  readonly of: (backend: SamplerSettings["backend"]) => Promise<CrystalGenerator>;
  readonly dispose: () => void;
}

/** The denoiser on the workbench's engine, and on the others that a setting asks for. */
function openGenerators(resources: Resources): Generators {
  const opened: { engine: Engine; generator: CrystalGenerator; backend: string }[] = [];
  return {
    async of(backend) {
      if (backend === undefined) return resources.generator();
      const known = opened.find((item) => item.backend === backend);
      if (known) return known.generator;
      const engine = await createEngine(backend);
      const generator = crystalGenerator(engine, (await resources.denoiser()).model);
      opened.push({ engine, generator, backend });
      return generator;
    },
    dispose() {
      for (const { generator, engine } of opened) {
        generator.dispose();
        engine.dispose();
      }
    },
  };
}

interface SettingInputs {
  readonly generators: Generators;
  readonly targets: readonly QualityTarget[];
  readonly count: number;
}

function settingsOf(series: SamplerSeries, inputs: SettingInputs): Setting[] {
  return Object.entries(series).flatMap(([name, { steps, backend, ...settings }]) =>
    steps.map((n) => ({
      ...{ name: `${name}, ${n}`, series: name, evaluations: n },
      generate: (target: QualityTarget) => generate(target, { steps: n, ...settings }, inputs, backend),
    })),
  );
}

function referenceSetting(evaluations: number, inputs: SettingInputs): Setting {
  return {
    ...{ name: reference, series: reference, evaluations },
    generate: (target) => generate(target, { sampler: reference }, inputs),
  };
}

/** Each target has random streams of its own, the same in every setting. */
async function generate(
  target: QualityTarget,
  settings: GenerateOptions,
  { generators, targets, count }: SettingInputs,
  backend?: SamplerSettings["backend"],
): Promise<readonly GeneratedCrystal[]> {
  const firstIndex = targets.indexOf(target) * count;
  const generator = await generators.of(backend);
  return generator.generate(target.target, { guidanceWeight: 1, ...settings, count, firstIndex, seed: 0 });
}

/** Cells of another model, other predictors, another data set or setting are another file's. */
async function openCells(
  resources: Resources,
  folder: string,
  split: string,
  settings: { readonly series: SamplerSeries; readonly count: number },
): Promise<CellStore> {
  const { info } = await resources.dataset();
  const study = {
    model: (await resources.denoiser()).sha256,
    predictors: (await resources.predictors()).sha256,
    dataset: { name: info?.name, version: info?.version },
    settings: settings.series,
    count: settings.count,
  };
  const digest = createHash("sha256").update(JSON.stringify(study)).digest("hex").slice(0, 12);
  await mkdir(folder, { recursive: true });
  return openCellStore(join(folder, `sampler-study-${split}-${digest}.json`), study);
}

function resultOf(row: SummaryRow, settings: readonly Setting[], cells: readonly FinishedCell[]): SamplerResult {
  const { series, evaluations } = settings.find(({ name }) => name === row.generator)!;
  const { generator, targets, candidates } = row;
  const keys = samplerMetrics.flatMap((metric) => [metric, `${metric}_se`]);
  const values = Object.fromEntries(keys.map((key) => [key, row[key] as number | null]));
  const found = { generator, series, evaluations, targets, candidates, ...values };
  if (!settings.some(({ name }) => name === reference)) return found;
  const differences = samplerMetrics.map((metric) => [
    metric,
    pairedDifference(cells, { metric, setting: row.generator, reference }) ?? null,
  ]);
  return { ...found, fromReference: Object.fromEntries(differences) as NonNullable<SamplerResult["fromReference"]> };
}
