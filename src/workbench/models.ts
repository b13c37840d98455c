import { createHash } from "node:crypto";
import { basename } from "node:path";
import { encodeModel, type Model } from "../model/index.js";
import { fileSha256 } from "./files.js";

/** A model and where it came from. */
export interface OpenedModel<M extends Model = Model> {
  readonly model: M;
  /** The file; absent for a model in memory. */
  readonly path?: string;
  /** "denoiser.safetensors", or "a model in memory". */
  readonly name: string;
  /** Of the file's bytes, or of those that the model would be saved as. */
  readonly sha256: string;
}

/** A model from its file, or one that is in memory already. @throws Error as `load` */
export async function openModel<M extends Model>(
  source: string | M,
  load: (path: string) => Promise<M>,
): Promise<OpenedModel<M>> {
  if (typeof source === "string")
    return { model: await load(source), path: source, name: basename(source), sha256: await fileSha256(source) };
  const sha256 = createHash("sha256").update(encodeModel(source)).digest("hex");
  return { model: source, name: "a model in memory", sha256 };
}
