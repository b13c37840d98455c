import type { Crystal } from "../../src/crystal/index.js";
import type { DenoiserConfig, DenoiserModel } from "../../src/model/index.js";
import type { SiteDos, Target, TotalDos } from "../../src/dos/index.js";
import { key } from "../../src/runtime/index.js";
import { randomParameters, tinyConfig } from "../model/support.js";

/** A tiny model with random weights: its crystals are nonsense, its laws are not. */
export function tinyModel(seed: number, config: Partial<DenoiserConfig> = {}): DenoiserModel {
  const full = { ...tinyConfig, ...config };
  const elements = [1, 3, 5, 8, 11];
  return { kind: "denoiser", config: full, parameters: randomParameters(full, seed, 0.05), elements, info: {} };
}

const grid = { start: -10, stop: 10, count: tinyConfig.dosPoints };

export function siteDos(sites: number, seed: number): SiteDos {
  return {
    kind: "site",
    grid,
    siteCount: sites,
    values: key(seed)
      .fold(0, 0, 0)
      .uniforms(sites * grid.count),
  };
}

export function totalDos(seed: number): TotalDos {
  return {
    kind: "total",
    grid,
    values: key(seed)
      .fold(0, 0, 1)
      .uniforms(grid.count)
      .map((u) => 4 * u),
  };
}

export function target(sites: number, seed = 1): Target {
  return { label: "test", siteDos: siteDos(sites, seed), energyShift: 0 };
}

export const template: Crystal = {
  latticeMatrix: [
    [4.1, 0, 0.3],
    [0.2, 3.6, 0.4],
    [0, 0, 5.2],
  ],
  fracCoords: [
    [0, 0, 0],
    [0.5, 0.52, 0.31],
    [0.25, 0.8, 0.66],
  ],
  atomicNumbers: [3, 8, 11],
};

export function numbersOf(crystals: readonly { crystal: Crystal }[]): number[] {
  return crystals.flatMap(({ crystal }) => [
    ...crystal.latticeMatrix.flat(),
    ...crystal.fracCoords.flat(),
    ...crystal.atomicNumbers,
  ]);
}
