import { elementSymbol, formula } from "../crystal/index.js";
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
import type { NamedCrystal } from "./structures.js";
import { shortest, siteRows } from "./target-json.js";

/** A predicted DOS as plain data; one alone is a target file. */
export function plainPrediction({ name, crystal }: NamedCrystal, siteDos: PredictedDos): Record<string, unknown> {
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

/** "quartz.cif: O2Si, 9 atoms, gap about 5.6 eV (predicted)". */
export function predictionTitle({ name, crystal }: NamedCrystal, siteDos: SiteDos): string {
  const gap = bandEdges(meanOfSites(siteDos))?.gap;
  const gapText = gap === undefined ? "no gap" : `gap about ${gap.toFixed(1)} eV`;
  const { atomicNumbers } = crystal;
  return `${name}: ${formula(atomicNumbers)}, ${atomicNumbers.length} atoms, ${gapText} (predicted)`;
}

/** A row for each site: DOS at zero and the highest peak. */
export function predictionRows({ crystal }: NamedCrystal, siteDos: SiteDos): Record<string, string>[] {
  return crystal.atomicNumbers.map((z, site) => {
    const curve = siteCurve(siteDos, site);
    const peak = curve.values.indexOf(Math.max(...curve.values));
    return {
      site: String(site),
      element: elementSymbol(z),
      "DOS at 0 eV (1/eV)": dosAtFermi(curve).toFixed(3),
      "peak at (eV)": energies(curve.grid)[peak].toFixed(2),
      "peak (1/eV)": curve.values[peak].toFixed(3),
    };
  });
}
