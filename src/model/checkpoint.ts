import { parseJson } from "../base/json.js";
import { madeBy, withVersionNote } from "../base/version.js";
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { decodeSafetensors, encodeSafetensors, writeFileAtomic } from "../data/index.js";
import type { DosScaler, SafetensorsFile, SafetensorsTensor } from "../data/index.js";
import type { DenoiserConfig } from "./config.js";
import type { ElementProposerConfig } from "./element-proposer-network.js";
import { elementProposerSpecs } from "./element-proposer-network.js";
import { denoiserSpecs } from "./denoiser.js";
import { descriptorSize } from "./descriptors.js";
import type { Parameters } from "./parameters.js";
import { assertParameters } from "./parameters.js";
import type { RadialPredictorConfig } from "./radial-predictor.js";
import { radialPredictorSpecs } from "./radial-predictor.js";

/** What denoisers and predictors have in common. */
export interface ModelBase {
  readonly parameters: Parameters;
  /** For networks that work on the standardised DOS: mean and deviation at each energy. */
  readonly scaler?: DosScaler;
  /** Atomic numbers seen in training; generation is restricted to them unless told otherwise. All if empty. */
  readonly elements: readonly number[];
  /** Facts for readers: training data, command, date, quality. */
  readonly info: Readonly<Record<string, string>>;
}

/** A conditional denoiser with its DOS encoder. */
export interface DenoiserModel extends ModelBase {
  readonly kind: "denoiser";
  readonly config: DenoiserConfig;
  /** lambda(sigma_t) that the weights were trained with, when not the quadrature's (reference checkpoints). */
  readonly scoreNorms?: Float32Array;
}

/** The reference's forward model or ours. */
export type PredictorModel =
  | (ModelBase & { readonly kind: "csp-predictor"; readonly config: DenoiserConfig })
  | (ModelBase & { readonly kind: "radial-predictor"; readonly config: RadialPredictorConfig });

/** Says which elements sites may be. */
export interface ProposerModel extends ModelBase {
  readonly kind: "element-proposer";
  readonly config: ElementProposerConfig;
}

/** A network with its weights and where they come from; `kind` tells denoisers, predictors and proposers apart. */
export type Model = DenoiserModel | PredictorModel | ProposerModel;

const denoiserConfig = z.object({
  hiddenDim: z.int().positive(),
  layerCount: z.int().positive(),
  frequencyCount: z.int().positive(),
  // Half sines, half cosines; two of each at least, or the frequencies have no range.
  timeDim: z.int().min(4).multipleOf(2),
  classCount: z.int().positive(),
  dosPoints: z.int().positive(),
  timesteps: z.int().positive(),
  encoder: z.enum(["linear", "masked"]),
  typeOutput: z.enum(["noise", "element"]),
  latticeSpace: z.enum(["matrix", "metric"]),
  latticeScale: z.number().positive(),
  elementDescriptors: z.boolean(),
}) satisfies z.ZodType<DenoiserConfig>;

const radialConfig = z.object({
  kind: z.literal("radial"),
  hiddenDim: z.int().positive(),
  layerCount: z.int().positive(),
  radialCount: z.int().positive(),
  cutoff: z.number().positive(),
  classCount: z.int().positive(),
  dosPoints: z.int().positive(),
  spectrumBasis: z.int().positive(),
  members: z.int().positive(),
  total: z.boolean().optional(),
}) satisfies z.ZodType<RadialPredictorConfig>;

const proposerConfig = z.object({
  kind: z.literal("element-proposer"),
  hiddenDim: z.int().positive(),
  classCount: z.int().positive(),
  dosPoints: z.int().positive(),
  bins: z.int().positive(),
  members: z.int().positive(),
  temperatures: z.object({ known: z.number().positive(), unknown: z.number().positive() }),
}) satisfies z.ZodType<ElementProposerConfig>;

const header = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("denoiser"), config: denoiserConfig }),
  z.object({ kind: z.literal("csp-predictor"), config: denoiserConfig }),
  z.object({ kind: z.literal("radial-predictor"), config: radialConfig }),
  z.object({ kind: z.literal("element-proposer"), config: proposerConfig }),
]);

const facts = z.object({ elements: z.array(z.int().min(1).max(118)), info: z.record(z.string(), z.string()) });

/**
 * Reads a checkpoint: safetensors with the configuration in its metadata.
 * @throws Error that names the file when it is not a checkpoint, or its parameters do not fit its configuration; with the
 *   version that made the file where that is another one
 */
export async function loadModel(path: string): Promise<Model> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(cause.code === "ENOENT" ? `${path}: no such model file` : `${path}: ${cause.message}`, { cause });
  });
  return decodeModel(bytes, path);
}

/** Writes a checkpoint: the file appears whole or not at all. */
export async function saveModel(path: string, model: Model): Promise<void> {
  await writeFileAtomic(path, encodeModel(model));
}

/** The checkpoint as bytes. */
export function encodeModel(model: Model): Uint8Array {
  const tensors = Object.fromEntries(
    [...model.parameters].map(([name, { shape, data }]) => [name, float(shape, data)]),
  );
  if (model.scaler) {
    tensors["scaler.mean"] = float([model.scaler.mean.length], model.scaler.mean);
    tensors["scaler.std"] = float([model.scaler.std.length], model.scaler.std);
  }
  if (model.kind === "denoiser" && model.scoreNorms)
    tensors["schedule.score_norms"] = float([model.scoreNorms.length], model.scoreNorms);
  const { kind, config, elements, info } = model;
  return encodeSafetensors(tensors, {
    format: "dosmith",
    made_by: madeBy,
    model: JSON.stringify({ kind, config }),
    facts: JSON.stringify({ elements, info }),
  });
}

/**
 * The inverse of `encodeModel`; `fileName` is for messages.
 * @throws Error that names the file, and the version that made it where that is another one
 */
export function decodeModel(bytes: Uint8Array, fileName: string): Model {
  const file = decodeSafetensors(bytes, fileName);
  if (file.metadata["format"] !== "dosmith")
    throw new Error(`${fileName}: not a dosmith checkpoint (its metadata has no format "dosmith")`);
  return withVersionNote(file.metadata["made_by"], () => modelOf(file, fileName));
}

function modelOf({ tensors, metadata }: SafetensorsFile, fileName: string): Model {
  const { kind, config } = parseMetadata(header, metadata["model"], fileName, "model");
  const { elements, info } = parseMetadata(facts, metadata["facts"], fileName, "facts");
  const [mean, std, scoreNorms] = ["scaler.mean", "scaler.std", "schedule.score_norms"].map((name) =>
    vector(tensors[name], fileName, name),
  );
  const base = {
    parameters: trainable(tensors, fileName),
    elements,
    info,
    ...(mean && std ? { scaler: checkedScaler({ mean, std }, config.dosPoints, fileName) } : {}),
  };
  if (kind === "radial-predictor") {
    assertParameters(base.parameters, radialPredictorSpecs(config, descriptorSize), fileName);
    return { ...base, kind, config };
  }
  if (kind === "element-proposer") {
    assertParameters(base.parameters, elementProposerSpecs(config), fileName);
    return { ...base, kind, config };
  }
  assertParameters(base.parameters, denoiserSpecs(config), fileName);
  return kind === "denoiser"
    ? { ...base, kind, config, ...(scoreNorms ? { scoreNorms } : {}) }
    : { ...base, kind, config };
}

/** Reads a denoiser. @throws Error as {@link loadModel}, and when the file holds another kind of model */
export async function loadDenoiser(path: string): Promise<DenoiserModel> {
  const model = await loadModel(path);
  if (model.kind !== "denoiser") throw new Error(`${path}: expected a denoiser, found a ${model.kind}`);
  return model;
}

/** Reads a DOS predictor. @throws Error as {@link loadModel}, and when the file holds a denoiser */
export async function loadPredictor(path: string): Promise<PredictorModel> {
  const model = await loadModel(path);
  if (model.kind === "denoiser" || model.kind === "element-proposer")
    throw new Error(
      `${path}: expected a DOS predictor, found a${model.kind === "denoiser" ? " denoiser" : "n element proposer"}`,
    );
  return model;
}

/** Throws unless the checkpoint is an element proposer. */
export async function loadProposer(path: string): Promise<ProposerModel> {
  const model = await loadModel(path);
  if (model.kind !== "element-proposer")
    throw new Error(`${path}: expected an element proposer, found a ${model.kind}`);
  return model;
}

function parseMetadata<T>(schema: z.ZodType<T>, text: string | undefined, fileName: string, key: string): T {
  const value = parseJson(text ?? "null", `${fileName}: metadata "${key}"`);
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`${fileName}: metadata "${key}": ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function trainable(tensors: Readonly<Record<string, SafetensorsTensor>>, fileName: string): Parameters {
  const own = Object.entries(tensors).filter(([name]) => !name.startsWith("scaler.") && !name.startsWith("schedule."));
  return new Map(own.map(([name, tensor]) => [name, { shape: tensor.shape, data: float32(tensor, fileName, name) }]));
}

function vector(tensor: SafetensorsTensor | undefined, fileName: string, name: string): Float32Array | undefined {
  return tensor && float32(tensor, fileName, name);
}

function checkedScaler(scaler: DosScaler, dosPoints: number, fileName: string): DosScaler {
  for (const [name, values] of Object.entries(scaler) as [string, Float32Array][]) {
    if (values.length !== dosPoints)
      throw new Error(`${fileName}: scaler.${name} has ${values.length} values, expected ${dosPoints}`);
    const bad = values.findIndex((value) => !Number.isFinite(value) || (name === "std" && value <= 0));
    if (bad >= 0) throw new Error(`${fileName}: scaler.${name} has the impossible value ${values[bad]} at ${bad}`);
  }
  return scaler;
}

function float32(tensor: SafetensorsTensor, fileName: string, name: string): Float32Array {
  if (tensor.dtype !== "F32") throw new Error(`${fileName}: tensor ${name} is ${tensor.dtype}, expected F32`);
  return tensor.data;
}

function float(shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { dtype: "F32", shape, data };
}
