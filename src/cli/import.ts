import { readFile } from "node:fs/promises";
import { fitScaler, openDataset } from "../data/index.js";
import { parameterCount, saveModel, type DenoiserModel } from "../model/index.js";
import { readDosmatgenCheckpoint } from "../model/import/index.js";
import type { Context } from "./context.js";
import { assertNew } from "./files.js";
import { trainingRecords } from "./judge.js";

export interface ImportOptions {
  readonly out: string;
  readonly scalerFrom?: string;
  readonly force?: boolean;
}

/** `dosmith import`. */
export async function importCheckpoint(
  file: string,
  { out, scalerFrom, force }: ImportOptions,
  { terminal }: Context,
): Promise<void> {
  assertNew(out, force);
  const { model, extra } = readDosmatgenCheckpoint(await readFile(file), file);
  const complete = scalerFrom === undefined ? model : await withScaler(model, file, scalerFrom);
  await saveModel(out, complete);
  const { hiddenDim, layerCount, timesteps } = model.config;
  terminal.out(
    `${out}: ${parameterCount(model.parameters)} parameters, ${layerCount} layers of ${hiddenDim}, ${timesteps} time steps`,
  );
  terminal.out(`left out: ${extra.size} tensors that are no parameters (schedules, buffers)`);
  if (!complete.scaler)
    terminal.out(
      "it has no scaler yet: it cannot take a target until imported again with --scaler-from, the data set that it was trained on",
    );
}

/** The model with mean and deviation of a data set's training side. @throws Error when their energies are not the model's */
async function withScaler(model: DenoiserModel, file: string, dataset: string): Promise<DenoiserModel> {
  const scaler = fitScaler(trainingRecords(await openDataset(dataset)));
  if (scaler.mean.length !== model.config.dosPoints)
    throw new Error(
      `${file}: the model takes spectra of ${model.config.dosPoints} points, ${dataset} has ${scaler.mean.length}`,
    );
  return { ...model, scaler };
}
