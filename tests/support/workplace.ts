import { cp, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { atomicNumber, formula } from "../../src/crystal/index.js";
import { buildDataset, splitOfFormula } from "../../src/data/index.js";
import {
  denoiserSpecs,
  descriptorSize,
  initialParameters,
  radialPredictorSpecs,
  saveModel,
  type DenoiserConfig,
  type RadialPredictorConfig,
} from "../../src/model/index.js";

/** Tiny untrained models and the six fixture records: everything that a command needs, in a folder of its own. */
export interface Workplace {
  readonly folder: string;
  readonly model: string;
  readonly predictor: string;
  readonly reportPredictor: string;
  readonly dataset: string;
  /** Another data set, with the fixed split and crystals on each side; its spectra do not belong to its crystals. */
  readonly split: string;
  /** A structure file. */
  readonly structure: string;
  /** --model, --predictor, --report-predictor and --dataset. */
  readonly sources: readonly string[];
}

const denoiserConfig: DenoiserConfig = {
  hiddenDim: 8,
  layerCount: 1,
  frequencyCount: 2,
  timeDim: 4,
  classCount: 100,
  dosPoints: 400,
  timesteps: 20,
  encoder: "masked",
  typeOutput: "element",
  latticeSpace: "metric",
  latticeScale: 2.5,
  elementDescriptors: true,
};

const predictorConfig: RadialPredictorConfig = {
  kind: "radial",
  hiddenDim: 8,
  layerCount: 1,
  radialCount: 4,
  cutoff: 4,
  classCount: 100,
  dosPoints: 400,
  spectrumBasis: 11,
  members: 2,
};

export async function makeWorkplace(): Promise<Workplace> {
  const folder = await mkdtemp(join(tmpdir(), "dosmith-cli-"));
  const at = (name: string) => join(folder, name);
  const base = { elements: [5, 7, 12, 14, 16, 29, 30], info: { data: "nothing" } };
  const specs = denoiserSpecs(denoiserConfig);
  await saveModel(at("model.safetensors"), {
    ...base,
    kind: "denoiser",
    config: denoiserConfig,
    parameters: initialParameters(specs, 1),
  });
  for (const [name, seed] of [
    ["a", 1],
    ["b", 2],
  ] as const) {
    const parameters = initialParameters(radialPredictorSpecs(predictorConfig, descriptorSize), seed);
    await saveModel(at(`predictor-${name}.safetensors`), {
      ...base,
      kind: "radial-predictor",
      config: predictorConfig,
      parameters,
    });
  }
  await buildDataset({
    inputs: [fixture("data/records.jsonl")],
    out: at("data"),
    about: { name: "six", licence: "CC-BY-4.0", recipe: "PBE", split: "none" },
  });
  await substitutedRecords(at("split.jsonl"));
  const about = { name: "split", licence: "CC-BY-4.0", recipe: "made up", split: "formula-hash" } as const;
  await buildDataset({ inputs: [at("split.jsonl")], out: at("split"), about });
  await cp(fixture("crystal/quartz.cif"), at("quartz.cif"));
  const sources = [
    "--model",
    at("model.safetensors"),
    "--predictor",
    at("predictor-a.safetensors"),
    "--report-predictor",
    at("predictor-b.safetensors"),
    "--dataset",
    at("data"),
  ];
  return {
    folder,
    model: at("model.safetensors"),
    predictor: at("predictor-a.safetensors"),
    reportPredictor: at("predictor-b.safetensors"),
    dataset: at("data"),
    split: at("split"),
    structure: at("quartz.cif"),
    sources,
  };
}

/** Fixture records with other elements put in, so that every side of the fixed split has some. */
async function substitutedRecords(path: string): Promise<void> {
  const lines = (await readFile(fixture("data/records.jsonl"), "utf8")).trimEnd().split("\n");
  const pairs = ["Al", "Ga", "In", "Sc", "Y", "La"].flatMap((a) => ["N", "P", "As", "Sb"].map((b) => [a, b] as const));
  const records = pairs.flatMap(([a, b]) =>
    lines.map((line) => {
      const record = JSON.parse(line) as { structure_id: string; atomic_numbers: number[] };
      const [first] = record.atomic_numbers;
      const numbers = record.atomic_numbers.map((z) => atomicNumber(z === first ? a : b));
      return {
        ...record,
        atomic_numbers: numbers,
        formula: formula(numbers),
        structure_id: `${record.structure_id}-${a}${b}`,
      };
    }),
  );
  const allowed = records.filter((record) => splitOfFormula(record.formula) !== "reserved");
  await writeFile(path, allowed.map((record) => `${JSON.stringify(record)}\n`).join(""));
}

/** Path of a file in tests/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}
