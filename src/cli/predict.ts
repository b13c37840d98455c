import { elementSymbol, formula, readCrystals, type Crystal } from "../crystal/index.js";
import { writeFileAtomic } from "../data/index.js";
import {
  bandEdges,
  dosAtFermi,
  energies,
  meanOfSites,
  siteCurve,
  standardGrid,
  storedSigma,
  type PredictedDos,
  type SiteDos,
} from "../dos/index.js";
import { dosPredictor, loadPredictor } from "../model/index.js";
import type { Context } from "./context.js";
import { openEngine, type EngineOptions } from "./engine.js";
import { assertNew, bundledOr } from "./files.js";
import { shortest, siteRows } from "./generate/target-json.js";
import { textTable } from "./terminal.js";

export interface PredictOptions extends EngineOptions {
  readonly json?: boolean;
  readonly out?: string;
  readonly force?: boolean;
  readonly predictor?: string;
}

interface Structure {
  readonly name: string;
  readonly crystal: Crystal;
}

/** `dosmith predict`. */
export async function predict(files: readonly string[], options: PredictOptions, { terminal }: Context): Promise<void> {
  if (options.out !== undefined) assertNew(options.out, options.force);
  const structures = await readStructures(files);
  const model = await loadPredictor(bundledOr(options.predictor, "rankPredictor", "--predictor"));
  const predictor = dosPredictor(await openEngine(options), model);
  const predicted = await predictor.predict(structures.map(({ crystal }) => crystal));
  const lines = () => structures.map((structure, i) => JSON.stringify(plain(structure, predicted[i])));
  if (options.out !== undefined) await writeFileAtomic(options.out, `${lines().join("\n")}\n`);
  else if (options.json) lines().forEach((line) => terminal.out(line));
  else structures.forEach((structure, i) => describeDos(structure, predicted[i]).forEach((line) => terminal.out(line)));
}

/** All structures of some files; several of one file get a number. */
export async function readStructures(files: readonly string[]): Promise<Structure[]> {
  const found: Structure[] = [];
  for (const file of files) {
    const crystals = await readCrystals(file);
    crystals.forEach((crystal, k) => found.push({ name: crystals.length === 1 ? file : `${file}#${k + 1}`, crystal }));
  }
  return found;
}

function plain({ name, crystal }: Structure, siteDos: PredictedDos): Record<string, unknown> {
  return {
    structure: name,
    formula: formula(crystal.atomicNumbers),
    elements: crystal.atomicNumbers.map(elementSymbol),
    sigma: storedSigma,
    energies: shortest(energies(standardGrid)),
    siteDos: siteRows(siteDos),
    ...(siteDos.total && { totalDos: shortest(siteDos.total.values) }),
  };
}

function describeDos({ name, crystal }: Structure, siteDos: SiteDos): string[] {
  const gap = bandEdges(meanOfSites(siteDos))?.gap;
  const rows = crystal.atomicNumbers.map((z, site) => {
    const curve = siteCurve(siteDos, site);
    const peak = curve.values.indexOf(Math.max(...curve.values));
    return [
      String(site),
      elementSymbol(z),
      dosAtFermi(curve).toFixed(3),
      energies(curve.grid)[peak].toFixed(2),
      curve.values[peak].toFixed(3),
    ];
  });
  return [
    `${name}: ${formula(crystal.atomicNumbers)}, ${crystal.atomicNumbers.length} atoms${gap === undefined ? ", no gap" : `, gap about ${gap.toFixed(1)} eV`} (predicted)`,
    ...textTable(["site", "element", "DOS at 0 eV (1/eV)", "peak at (eV)", "peak (1/eV)"], rows),
    "",
  ];
}
