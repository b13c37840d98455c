import { gunzip, isGzip } from "../../base/gunzip.js";
import { parseJson } from "../../base/json.js";
import type { DosFile, ReadDosOptions } from "./dos-file.js";
import { fetchBytes, HttpError, type FetchOptions } from "./http.js";
import { asList, asObject, type JsonObject } from "./json.js";
import { dosFromText } from "./read-json.js";

/** Where fetched documents stay; `diskCache` of the data room is one. Keys look like paths: "dos/mp-1056831.json.gz". */
export interface DocumentCache {
  /** The stored document, or undefined. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Stores a document. */
  put(key: string, data: Uint8Array): Promise<void>;
}

/** Key, cache and limits of the client. */
export interface MaterialsProjectOptions {
  /** The user's own, from https://next-gen.materialsproject.org/api */
  readonly apiKey: string | undefined;
  readonly cache?: DocumentCache;
  /** Retries, delays, limits of time and size. */
  readonly fetch?: Omit<FetchOptions, "headers">;
  /** Default https://api.materialsproject.org */
  readonly apiUrl?: string;
  /** The bucket with whole densities of states. Default https://materialsproject-parsed.s3.amazonaws.com */
  readonly openDataUrl?: string;
}

/** Search criteria; all that are given must hold. */
export interface MaterialsQuery {
  readonly materialIds?: readonly string[];
  /** "Si-O" */
  readonly chemsys?: string;
  /** "SiO2" */
  readonly formula?: string;
  /** Symbols that must be there. */
  readonly elements?: readonly string[];
  /** [from, to] eV */
  readonly bandGap?: readonly [number, number];
}

/** A material that has a density of states. */
export interface MaterialSummary {
  readonly materialId: string;
  readonly formula: string | null;
  /** The calculation whose density of states it is. */
  readonly taskId: string;
}

/** A client of the Materials Project: what it has, and the density of states of one material. */
export interface MaterialsProject {
  /** Materials with a density of states, page by page as they are asked for. */
  search(query: MaterialsQuery, pageSize?: number): AsyncGenerator<MaterialSummary>;
  /** The density of states of one material ("mp-149"). Documents come from the cache where it has them. */
  dos(materialId: string, options?: ReadDosOptions): Promise<DosFile>;
}

/** Whether a text looks like a Materials Project id, "mp-149". */
export function isMaterialId(text: string): boolean {
  return /^(mp|mvc)-\d+$/.test(text);
}

/**
 * A client for the Materials Project's public API and its open-data bucket. Responses are checked, failures retried with growing
 * delays, documents cached as soon as they are complete, so that an interrupted job resumes where it stopped.
 *
 * @throws Error when the key is missing; its methods throw when it is refused, when a material is unknown or has no density of
 * states, when a response is not what the API documents, and when the server cannot be reached.
 */
export function materialsProject(options: MaterialsProjectOptions): MaterialsProject {
  const { apiKey, cache, apiUrl = "https://api.materialsproject.org" } = options;
  if (apiKey === undefined || apiKey.trim() === "")
    throw new Error(`the Materials Project needs an API key: ${howToGetKey}`);
  const api = new URL(apiUrl.replace(/\/?$/, "/"));
  const bucket = (options.openDataUrl ?? "https://materialsproject-parsed.s3.amazonaws.com").replace(/\/$/, "");
  const askApi = (path: string, query: Record<string, string>) =>
    askJson(api, { path, query, apiKey: apiKey.trim(), fetch: options.fetch });

  async function* search(query: MaterialsQuery, pageSize = 100): AsyncGenerator<MaterialSummary> {
    for (let skip = 0; ;) {
      const answer = await askApi("materials/electronic_structure/", { ...parameters(query), ...page(skip, pageSize) });
      const rows = asList(answer.data, "the Materials Project's answer: data");
      for (const row of rows) {
        const summary = summaryOf(asObject(row, "the Materials Project's answer: data"));
        if (summary) yield summary;
      }
      skip += rows.length;
      // A server may give smaller pages than asked for: its count of documents decides.
      if (rows.length === 0 || skip >= (totalOf(answer) ?? (rows.length < pageSize ? 0 : Infinity))) return;
    }
  }

  async function taskOf(materialId: string): Promise<string> {
    const key = `tasks/${materialId}.json`;
    const kept = await keptAt(key, (text) => (parseJson(text, key) as MaterialSummary).taskId);
    if (kept !== undefined) return kept;
    for await (const summary of search({ materialIds: [materialId] })) {
      if (summary.materialId !== materialId) continue;
      await cache?.put(key, Buffer.from(JSON.stringify(summary)));
      return summary.taskId;
    }
    throw new Error(`${materialId}: the Materials Project has no such material, or no density of states for it`);
  }

  async function dos(materialId: string, readOptions: ReadDosOptions = {}): Promise<DosFile> {
    if (!isMaterialId(materialId))
      throw new Error(`expected a Materials Project id such as mp-149, found ${JSON.stringify(materialId)}`);
    const taskId = await taskOf(materialId);
    const key = `dos/${taskId}.json.gz`;
    const kept = await keptAt(key, (text) => dosFromText(text, materialId, readOptions)[0]);
    if (kept) return kept;
    const bytes = await fetchBytes(`${bucket}/${key}`, options.fetch).catch((error: unknown) => {
      const missing = error instanceof HttpError && (error.status === 404 || error.status === 403);
      throw missing
        ? new Error(`${materialId}: no density of states in the open data (${key})`, { cause: error })
        : error;
    });
    const [file] = dosFromText(textOf(bytes, materialId), materialId, readOptions);
    await cache?.put(key, bytes);
    return file;
  }

  /** What the cache has; a document that cannot be read is fetched again. */
  async function keptAt<T>(key: string, read: (text: string) => T): Promise<T | undefined> {
    const bytes = await cache?.get(key);
    if (!bytes) return undefined;
    try {
      return read(textOf(bytes, key));
    } catch {
      return undefined;
    }
  }

  return { search, dos };
}

/** Bytes of JSON that are read in one piece, unpacked; real documents have some 30 MB. */
const largestDocument = 500e6;

const howToGetKey =
  "get yours at https://next-gen.materialsproject.org/api and put it into the environment variable MP_API_KEY";

interface ApiRequest {
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly apiKey: string;
  readonly fetch: MaterialsProjectOptions["fetch"];
}

async function askJson(api: URL, { path, query, apiKey, fetch }: ApiRequest): Promise<JsonObject> {
  const url = new URL(path, api);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  try {
    const headers = { "x-api-key": apiKey, accept: "application/json" };
    const bytes = await fetchBytes(url.href, { ...fetch, headers });
    return asObject(parseJson(bytes, url.href), "the Materials Project's answer");
  } catch (error) {
    if (error instanceof HttpError && (error.status === 401 || error.status === 403))
      throw new Error(
        `the Materials Project refused the API key (${error.status}: ${error.serverMessage}): ${howToGetKey}`,
        { cause: error },
      );
    throw error;
  }
}

function parameters({ materialIds, chemsys, formula, elements, bandGap }: MaterialsQuery): Record<string, string> {
  return {
    ...(materialIds && { material_ids: materialIds.join(",") }),
    ...(chemsys !== undefined && { chemsys }),
    ...(formula !== undefined && { formula }),
    ...(elements && { elements: elements.join(",") }),
    ...(bandGap && { band_gap_min: String(bandGap[0]), band_gap_max: String(bandGap[1]) }),
    _fields: "material_id,formula_pretty,dos",
  };
}

function page(skip: number, limit: number): Record<string, string> {
  return { _skip: String(skip), _limit: String(limit) };
}

function totalOf({ meta }: JsonObject): number | undefined {
  const total = typeof meta === "object" && meta !== null ? (meta as JsonObject).total_doc : undefined;
  return typeof total === "number" ? total : undefined;
}

/** Null for a material without a density of states: its summary has no task. */
function summaryOf({ material_id: id, formula_pretty: formula, dos }: JsonObject): MaterialSummary | null {
  if (typeof id !== "string") throw new Error("the Materials Project's answer: a material without material_id");
  const total = (dos as JsonObject | null | undefined)?.total as JsonObject | null | undefined;
  const task = (total?.["1"] as JsonObject | null | undefined)?.task_id;
  // Task ids become names of files.
  if (typeof task !== "string" || !/^[\w-]+$/.test(task)) return null;
  return { materialId: id, formula: typeof formula === "string" ? formula : null, taskId: task };
}

function textOf(bytes: Uint8Array, source: string): string {
  return Buffer.from(isGzip(bytes) ? gunzip(bytes, source, largestDocument) : bytes).toString("utf8");
}
