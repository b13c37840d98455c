import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import type { Crystal } from "../../src/crystal/index.js";

/** What the Python package says of a crystal; see tests/fixtures/energy/make.py. */
export interface ReferenceEntry extends Crystal {
  readonly name: string;
  readonly energyPerAtom: number;
  readonly siteEnergies: readonly number[];
  readonly forces: readonly number[];
  readonly stressGPa: readonly number[];
  readonly magneticMoments: readonly number[];
  readonly siteFeatures: readonly number[];
}

export const modelPath = fileURLToPath(new URL("../../models/energy.safetensors", import.meta.url));

export function referenceEntries(): ReferenceEntry[] {
  const path = new URL("../fixtures/energy/chgnet.json.gz", import.meta.url);
  const { crystals } = JSON.parse(gunzipSync(readFileSync(path)).toString()) as { crystals: ReferenceEntry[] };
  return crystals;
}

export const rocksalt = (a: number, numbers: [number, number], shift = 0): Crystal => ({
  latticeMatrix: [
    [0, a / 2, a / 2],
    [a / 2, 0, a / 2],
    [a / 2, a / 2, 0],
  ],
  fracCoords: [
    [0, 0, 0],
    [0.5 + shift, 0.5, 0.5 - shift / 2],
  ],
  atomicNumbers: numbers,
});
