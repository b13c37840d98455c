import { describe, expect, test } from "vitest";
import type { Crystal } from "../../src/crystal/index.js";
import {
  compositionRecovery,
  compositionShare,
  structureRecovery,
  type JudgedTarget,
} from "../../src/evaluate/index.js";
import { cubic, rockSalt } from "./support.js";

const magnesia = rockSalt(4.2, 12, 8);
/** The same elements in another structure, and the same structure of other elements: both valid crystals. */
const caesiumChloride = cubic(2.7, [[0, 0, 0], [0.5, 0.5, 0.5]], [12, 8]); // prettier-ignore
const tableSalt = rockSalt(5.6, 11, 17);
/** The right composition, its atoms on top of each other. */
const collapsed = { ...magnesia, fracCoords: magnesia.fracCoords.map(() => [0, 0, 0] as const) };

const valueOf = (metric: typeof structureRecovery, candidates: readonly Crystal[]) =>
  metric.compute({ candidates, trueCrystal: magnesia } as unknown as JudgedTarget);

describe("recovery of the true crystal", () => {
  test("of its structure wants a valid candidate that is the same crystal, and one is enough", () => {
    expect(valueOf(structureRecovery, [tableSalt, magnesia])).toBe(1);
    expect(valueOf(structureRecovery, [tableSalt])).toBe(0);
    expect(valueOf(structureRecovery, [caesiumChloride])).toBe(0);
    expect(valueOf(structureRecovery, [collapsed])).toBe(0);
    expect(valueOf(structureRecovery, [])).toBe(0);
  });

  test("of its composition asks for the elements and their ratio only", () => {
    expect(valueOf(compositionShare, [tableSalt, caesiumChloride, magnesia, tableSalt])).toBe(0.5);
    expect(valueOf(compositionRecovery, [tableSalt, caesiumChloride])).toBe(1);
    expect(valueOf(compositionRecovery, [tableSalt])).toBe(0);
  });
});
