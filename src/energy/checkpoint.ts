import { readFile } from "node:fs/promises";
import { z } from "zod";
import { parseJson } from "../base/json.js";
import { decodeSafetensors, encodeSafetensors } from "../data/index.js";
import type { Parameters } from "../model/index.js";
import { assertParameters } from "../model/index.js";
import type { EnergyConfig } from "./config.js";
import { energyConfigSchema, energySpecs } from "./config.js";

/** An interatomic potential: what a file of it holds. */
export interface EnergyModel {
  readonly config: EnergyConfig;
  readonly parameters: Parameters;
  /** Free facts for people: where the weights come from, how to cite them, their licence. */
  readonly info: Readonly<Record<string, string>>;
}

/**
 * Reads an energy model: safetensors with its configuration in the metadata.
 * @throws Error that names the file when it is not an energy model, or its weights do not fit its configuration
 */
export async function loadEnergyModel(path: string): Promise<EnergyModel> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new Error(cause.code === "ENOENT" ? `${path}: no such model file` : `${path}: ${cause.message}`, { cause });
  });
  return decodeEnergyModel(bytes, path);
}

/** The model as the bytes of a file. */
export function encodeEnergyModel({ config, parameters, info }: EnergyModel): Uint8Array {
  const tensors = [...parameters].map(([name, { shape, data }]) => [name, { dtype: "F32", shape, data }] as const);
  return encodeSafetensors(Object.fromEntries(tensors), {
    format: "dosmith-energy",
    config: JSON.stringify(config),
    info: JSON.stringify(info),
  });
}

/** The inverse of `encodeEnergyModel`; `fileName` is for messages. */
export function decodeEnergyModel(bytes: Uint8Array, fileName: string): EnergyModel {
  const { tensors, metadata } = decodeSafetensors(bytes, fileName);
  if (metadata["format"] !== "dosmith-energy")
    throw new Error(
      `${fileName}: expected an energy model (format "dosmith-energy"), found ` +
        (metadata["format"] ? `the format "${metadata["format"]}"` : "metadata without a format"),
    );
  const config = parsed(energyConfigSchema, metadata["config"], `${fileName}: metadata "config"`);
  const info = parsed(z.record(z.string(), z.string()), metadata["info"], `${fileName}: metadata "info"`);
  const parameters = new Map(
    Object.entries(tensors).map(([name, tensor]) => {
      if (tensor.dtype !== "F32") throw new Error(`${fileName}: tensor ${name}: expected F32, found ${tensor.dtype}`);
      return [name, { shape: tensor.shape, data: tensor.data }] as const;
    }),
  );
  assertParameters(parameters, energySpecs(config), fileName);
  return { config, parameters, info };
}

function parsed<T>(schema: z.ZodType<T>, text: string | undefined, where: string): T {
  const result = schema.safeParse(parseJson(text ?? "null", where));
  if (!result.success) throw new Error(`${where}: ${z.prettifyError(result.error)}`);
  return result.data;
}
