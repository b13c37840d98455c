import { access, readFile } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "../base/json.js";
import { madeBy, withVersionNote } from "../base/version.js";
import type { SafetensorsFile, SafetensorsTensor } from "../data/index.js";
import { decodeSafetensors, differences, encodeSafetensors, writeFileAtomic } from "../data/index.js";
import type { ParameterSpec, Parameters } from "../model/index.js";
import type { Arrays, Optimiser, OptimiserState } from "./optimiser.js";
import { assertParameters } from "../model/index.js";
import type { TrainerState } from "./trainer.js";

const rate = z.object({
  step: z.int(),
  trainingLoss: z.number(),
  validationLoss: z.number(),
  learningRate: z.number(),
});
const facts = z.object({
  step: z.int().min(0),
  // Infinity before the first validation, which JSON has no number for.
  plateau: z.object({ learningRate: z.number(), best: z.number().nullable(), badCount: z.int() }),
  history: z.array(rate),
  // Absent in states of earlier versions.
  recent: z.array(z.number()).default([]),
  recipe: z.string(),
});

/**
 * Saves a training run as one file, whole or not at all, so that weights and optimiser can never be of different steps.
 * @param recipe what the run is (data, configuration, options); a resumed run must have the same
 */
export async function saveTrainerState(path: string, state: TrainerState, recipe: string): Promise<void> {
  const { step, plateau, history, recent } = state;
  const best = Number.isFinite(plateau.best) ? plateau.best : null;
  await writeFileAtomic(
    path,
    encodeSafetensors(stateTensors(state), {
      made_by: madeBy,
      facts: JSON.stringify({ step, plateau: { ...plateau, best }, history, recent, recipe }),
    }),
  );
}

/** What a saved state must fit: a `TrainingRun` has it. */
export interface SavedRun {
  readonly specs: readonly ParameterSpec[];
  readonly recipe: string;
  /** Of the trainer; the optimiser names the arrays that it remembers. */
  readonly options: { readonly optimiser: Pick<Optimiser, "slots"> };
}

/**
 * Reads a saved run, or undefined when there is no such file.
 * @throws Error that names the file when it is damaged or belongs to another recipe; with the version that made the file
 *   where that is another one
 */
export async function loadTrainerState(path: string, run: SavedRun): Promise<TrainerState | undefined> {
  if (!(await exists(path))) return undefined;
  const file = decodeSafetensors(await readFile(path), path);
  return withVersionNote(file.metadata["made_by"], () => stateOf(file, path, run));
}

function stateOf(
  { tensors, metadata }: SafetensorsFile,
  path: string,
  { specs, recipe, options }: SavedRun,
): TrainerState {
  const parsed = facts.safeParse(parseJson(metadata["facts"] ?? "null", `${path}: not a saved training run: facts`));
  if (!parsed.success) throw new Error(`${path}: not a saved training run: ${z.prettifyError(parsed.error)}`);
  const { step, plateau, history, recent, recipe: saved } = parsed.data;
  if (saved !== recipe)
    throw new Error(
      `${path}: it was saved by a run with other settings or data (${differences(tryJson(saved), tryJson(recipe)).join("; ")})`,
    );
  const [parameters, average, best] = ["parameters", "average", "best"].map((group) =>
    readGroup(tensors, group, specs, path),
  );
  const optimiser: OptimiserState = Object.fromEntries(
    options.optimiser.slots.map((slot) => [slot, arrays(readGroup(tensors, slot, specs, path))]),
  );
  return {
    step,
    parameters,
    average,
    best,
    optimiser,
    plateau: { ...plateau, best: plateau.best ?? Infinity },
    history,
    recent,
  };
}

/** A recipe's settings, so that a message can name the one that differs; any other recipe is its own text. */
function tryJson(recipe: string): unknown {
  try {
    return JSON.parse(recipe);
  } catch {
    return recipe;
  }
}

function stateTensors({ parameters, average, best, optimiser }: TrainerState): Record<string, SafetensorsTensor> {
  const shaped = (group: Arrays): Parameters =>
    new Map([...group].map(([name, data]) => [name, { shape: parameters.get(name)!.shape, data }]));
  const groups: [string, Parameters][] = [
    ["parameters", parameters],
    ["average", average],
    ["best", best],
    ...Object.entries(optimiser).map(([group, moments]): [string, Parameters] => [group, shaped(moments)]),
  ];
  return Object.fromEntries(
    groups.flatMap(([group, members]) =>
      [...members].map(([name, { shape, data }]): [string, SafetensorsTensor] => [
        `${group}/${name}`,
        { dtype: "F32", shape, data },
      ]),
    ),
  );
}

function readGroup(
  tensors: Readonly<Record<string, SafetensorsTensor>>,
  group: string,
  specs: readonly ParameterSpec[],
  path: string,
): Parameters {
  const found = specs.flatMap(({ name }) => {
    const tensor = tensors[`${group}/${name}`];
    return tensor?.dtype === "F32" ? [[name, { shape: tensor.shape, data: tensor.data.slice() }] as const] : [];
  });
  const parameters: Parameters = new Map(found);
  assertParameters(parameters, specs, `${path} (${group})`);
  return parameters;
}

function arrays(parameters: Parameters): Arrays {
  return new Map([...parameters].map(([name, { data }]) => [name, data]));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
