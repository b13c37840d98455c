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

const packed = new Map<BrowserLibrary, Promise<string>>();

/** A library's code, gzip + base64, read from the installed package once. */
export function packedLibrary(library: BrowserLibrary): Promise<string> {
  const known = packed.get(library) ?? readPacked(library);
  packed.set(library, known);
  return known;
}

async function readPacked(library: BrowserLibrary): Promise<string> {
  return packText(await readFile(require.resolve(libraryFiles[library])));
}

/** gzip + base64, the inverse of the page's `unpack`. */
export function packText(text: string | Uint8Array): string {
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
