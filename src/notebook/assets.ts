import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";

const require = createRequire(import.meta.url);

/** Browser libraries that views and reports carry inside themselves. */
export type BrowserLibrary = "3dmol" | "vega" | "vega-lite";

const libraryFiles: Readonly<Record<BrowserLibrary, string>> = {
  "3dmol": "3dmol/build/3Dmol-min.js",
  vega: "vega/build/vega.min.js",
  "vega-lite": "vega-lite/build/vega-lite.min.js",
};

interface Asset {
  readonly packed: string;
  readonly hash: string;
}

const assets = new Map<BrowserLibrary, Promise<Asset>>();

/** A library's code, gzip + base64, read from the installed package once. */
export async function packedLibrary(library: BrowserLibrary): Promise<string> {
  return (await asset(library)).packed;
}

/** The hash by which a page's content security policy lets a library run. */
export async function libraryHash(library: BrowserLibrary): Promise<string> {
  return (await asset(library)).hash;
}

function asset(library: BrowserLibrary): Promise<Asset> {
  const known = assets.get(library) ?? readAsset(library);
  assets.set(library, known);
  return known;
}

async function readAsset(library: BrowserLibrary): Promise<Asset> {
  const code = await readFile(require.resolve(libraryFiles[library]), "utf8");
  return { packed: packText(code), hash: scriptHash(code) };
}

/** The source of a content security policy that lets one inline script run: 'sha256-...'. */
export function scriptHash(code: string): string {
  return `'sha256-${createHash("sha256").update(code).digest("base64")}'`;
}

/** gzip + base64, the inverse of the page's `unpack`. */
export function packText(text: string): string {
  return gzipSync(text, { level: 9 }).toString("base64");
}

/**
 * Page code: `unpack(base64)` gives the text, `runPacked(id)` runs the library in the element of that id. The element
 * is a script of a type that browsers do not run, so its content is inert until then.
 */
export const unpackScript = `
async function unpack(base64) {
  const bytes = Uint8Array.from(atob(base64.trim()), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
}
async function runPacked(id) {
  const script = document.createElement("script");
  script.textContent = await unpack(document.getElementById(id).textContent);
  document.head.append(script);
}`;

/** An inert element that carries packed content. */
export function packedElement(id: string, base64: string): string {
  return `<script type="text/plain" id="${id}">${base64}</script>`;
}
