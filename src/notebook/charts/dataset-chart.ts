import { elementSymbol } from "../../crystal/index.js";
import type { DosRecord } from "../../data/index.js";
import { okabeIto } from "../palette.js";
import type { VegaLiteSpec } from "./spec.js";

/** What the crystals of a data set are like: elements, sizes, pressures, gaps, formation energies. */
export function datasetChart(records: Iterable<DosRecord>): VegaLiteSpec {
  const list = [...records];
  const crystals = list.map(crystalFacts);
  const elements = list.flatMap(({ crystal }) => [...new Set(crystal.atomicNumbers)].map(elementSymbol));
  const known = crystals.filter(({ formation }) => typeof formation === "number" && Math.abs(formation) < 4);
  const pressed = crystals.filter(({ pressure }) => typeof pressure === "number" && Math.abs(pressure) < 50);
  const gapped = crystals.filter(({ gap }) => typeof gap === "number" && gap > 0);
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    vconcat: [
      elementPanel(elements),
      { hconcat: [sizePanel(crystals), binned(pressed, "pressure", "pressure, GPa", 5)] },
      {
        hconcat: [
          binned(gapped, "gap", "gap, eV (those that have one)", 0.5),
          binned(known, "formation", "formation energy, eV/atom", 0.25),
        ],
      },
    ],
  };
}

type Facts = ReturnType<typeof crystalFacts>;

function crystalFacts({ crystal, properties }: DosRecord) {
  return {
    atoms: crystal.atomicNumbers.length,
    kind: properties.kind ?? "equilibrium",
    gap: properties.gap_eV,
    formation: properties.formation_energy_eV_per_atom,
    pressure: properties.pressure_GPa,
  };
}

const color = { field: "kind", type: "nominal", title: "kind", scale: { range: okabeIto } };
const count = { aggregate: "count", title: "crystals" };

function elementPanel(elements: readonly string[]): object {
  return {
    width: 600,
    height: 130,
    data: { values: elements.map((element) => ({ element })) },
    mark: { type: "bar", color: okabeIto[0] },
    encoding: {
      x: { field: "element", type: "nominal", sort: "-y", title: null, axis: { labelAngle: 0, labelFontSize: 7 } },
      y: count,
    },
  };
}

function sizePanel(values: readonly Facts[]): object {
  const x = { field: "atoms", type: "ordinal", title: "atoms in the cell", axis: { labelAngle: 0 } };
  return { width: 250, height: 130, data: { values }, mark: "bar", encoding: { x, y: count, color } };
}

function binned(values: readonly Facts[], field: keyof Facts, title: string, step: number): object {
  const x = { field, type: "quantitative", bin: { step }, title };
  return { width: 250, height: 130, data: { values }, mark: "bar", encoding: { x, y: count, color } };
}
