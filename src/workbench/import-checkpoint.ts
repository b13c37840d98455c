import { readFile } from "node:fs/promises";
import { fitScaler, openDataset } from "../data/index.js";
import { saveModel, type DenoiserModel } from "../model/index.js";
import { readDosmatgenCheckpoint } from "../model/import/index.js";
import { assertNew } from "./files.js";
import { trainingRecords } from "./training-data.js";

/** Where an imported model goes, and the data that its scaler is fitted to. */
export interface ImportOptions {
  /** The model's file (.safetensors). */
  readonly out: string;
  /** Data set whose training side fixes mean and deviation of the DOS, which such a checkpoint does not hold. */
  readonly scalerFrom?: string;
  /** Replace the file. */
  readonly force?: boolean;
}

/** The model that a checkpoint held, and how much of the file it did not need. */
export interface ImportedModel {
  readonly model: DenoiserModel;
  /** Tensors of the file that are no parameters (schedules, buffers). */
  readonly leftOut: number;
}

/** Turns a PyTorch-Lightning checkpoint of DOSMatGen into a model's file. @throws Error that names the file and what is wrong */
export async function importCheckpoint(
  file: string,
  { out, scalerFrom, force }: ImportOptions,
): Promise<ImportedModel> {
  assertNew(out, force);
  const { model, extra } = readDosmatgenCheckpoint(await readFile(file), file);
  const complete = scalerFrom === undefined ? model : await withScaler(model, file, scalerFrom);
  await saveModel(out, complete);
  return { model: complete, leftOut: extra.size };
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
