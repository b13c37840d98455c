// Which crystals of the generator's lists are one. The Python generator is tested with the same fixture.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { atomicNumber, formula, shortestDistances, type Crystal } from "../../src/crystal/index.js";
import type { DosRecord } from "../../src/data/index.js";
import { crystalKey, exchangeable } from "../../src/data/duplicates.js";
import { standardGrid } from "../../src/dos/index.js";

interface Listed {
  readonly structure_id: string;
  readonly prototype: string;
  readonly symbols: readonly string[];
  readonly key: string;
}
const fixture = JSON.parse(readFileSync("tests/fixtures/data/same-crystals.json", "utf8")) as {
  readonly exchangeable: readonly string[];
  readonly crystals: readonly Listed[];
};

function record({ structure_id: id, prototype, symbols }: Omit<Listed, "key">, kind?: string): DosRecord {
  const atomicNumbers = symbols.map(atomicNumber);
  const crystal: Crystal = {
    latticeMatrix: [
      [0, 3, 3],
      [3, 0, 3],
      [3, 3, 0],
    ],
    // Half-Heusler sites; of other prototypes only the elements matter here.
    fracCoords: symbols.map((_, i) => [i / 4, i / 4, i / 4]),
    atomicNumbers,
  };
  const siteDos = { kind: "site", grid: standardGrid, values: new Float32Array(0), siteCount: 0 } as const;
  return { id, formula: formula(atomicNumbers), crystal, siteDos, properties: { prototype, ...(kind && { kind }) } };
}

describe("crystalKey", () => {
  it("knows the exchangeable prototypes that the generator knows", () => {
    expect([...exchangeable].sort()).toEqual(fixture.exchangeable);
  });

  it.each(fixture.crystals)("$structure_id", (listed) => {
    expect(crystalKey(record(listed))).toBe(listed.key);
    expect(crystalKey(record(listed, "equilibrium"))).toBe(listed.key);
    expect(crystalKey(record(listed, "strain"))).toBe(listed.structure_id);
  });

  it("of half-Heusler crystals is the same exactly when their neighbourhoods are", () => {
    const orders = [
      ...[["Ti", "Ni", "Sn"], ["Sn", "Ni", "Ti"], ["Ni", "Ti", "Sn"]],
      ...[["Sn", "Ti", "Ni"], ["Ti", "Sn", "Ni"], ["Ni", "Sn", "Ti"]],
    ]; // prettier-ignore
    const records = orders.map((symbols) =>
      record({ structure_id: `halfheusler-${symbols.join("")}`, prototype: "halfheusler", symbols }),
    );
    for (const a of records)
      for (const b of records)
        expect([a.id, b.id, crystalKey(a) === crystalKey(b)]).toEqual([
          a.id,
          b.id,
          neighbourhood(a.crystal) === neighbourhood(b.crystal),
        ]);
  });
});

/** Shortest distance of each pair of elements. */
function neighbourhood(crystal: Crystal): string {
  const distances = shortestDistances(crystal);
  const n = crystal.atomicNumbers.length;
  return crystal.atomicNumbers
    .flatMap((a, i) => crystal.atomicNumbers.map((b, j) => `${a} ${b} ${distances[i * n + j].toFixed(6)}`))
    .sort()
    .join("; ");
}
