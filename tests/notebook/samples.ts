import type { Crystal } from "../../src/crystal/index.js";
import { standardGrid, type SiteDos, type Target } from "../../src/dos/index.js";
import type { ReportCandidate, ReportData } from "../../src/notebook/index.js";

/** Zincblende BN, primitive cell. */
export const boronNitride: Crystal = {
  latticeMatrix: [
    [0, 1.8, 1.8],
    [1.8, 0, 1.8],
    [1.8, 1.8, 0],
  ],
  fracCoords: [
    [0, 0, 0],
    [0.25, 0.25, 0.25],
  ],
  atomicNumbers: [5, 7],
};

/** Gaussian peaks of 0.5 eV, one centre (eV) a site. */
export function peaks(...centres: number[]): SiteDos {
  const { start, stop, count } = standardGrid;
  const values = Float32Array.from({ length: centres.length * count }, (_, i) => {
    const energy = start + ((stop - start) * (i % count)) / (count - 1);
    return Math.exp(-(((energy - centres[Math.floor(i / count)]) / 0.5) ** 2) / 2);
  });
  return { kind: "site", grid: standardGrid, values, siteCount: centres.length };
}

export const target: Target = { label: "zincblende BN", siteDos: peaks(-2, 3), energyShift: 0 };

export function candidate(rank: number, changes: Partial<ReportCandidate> = {}): ReportCandidate {
  return {
    rank,
    id: `candidate-${rank}`,
    file: `crystals/${String(rank).padStart(3, "0")}.cif`,
    crystal: boronNitride,
    formula: "BN",
    spaceGroup: 216,
    validity: { structural: true, strict: rank % 2 === 0, chargeNeutral: null },
    match: { relativeL1: rank / 10, relativeL1Broad: rank / 20, wasserstein: rank / 5 },
    predicted: peaks(-2 + rank / 10, 3),
    seedIndex: rank - 1,
    ...changes,
  };
}

export function reportData(changes: Partial<ReportData> = {}): ReportData {
  return {
    title: "Crystals for BN",
    command: "dosmith generate --target bn.json --seed 1",
    target,
    siteLabels: ["B", "N"],
    candidates: [candidate(2), candidate(1), candidate(3)],
    settings: { seed: 1, "guidance weight": 2 },
    model: { name: "base", trainedOn: "1000 crystals" },
    notes: ["Composition was free."],
    ...changes,
  };
}
