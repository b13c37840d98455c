import { describe, expect, test } from "vitest";
import { openDataset, splitOfFormula } from "../src/data/index.js";
import { demoTarget, freeFolder } from "../scripts/demo-parts.mjs";
import { missingPackages, nodeProblem } from "../scripts/setup.mjs";

describe("set-up", () => {
  test("takes Node 20.19 and later, and names the version it finds", () => {
    expect(nodeProblem("20.19.0")).toBeUndefined();
    expect(nodeProblem("22.1.0")).toBeUndefined();
    expect(nodeProblem("20.18.3")).toContain("20.19 or newer, and this is 20.18.3");
    expect(nodeProblem("18.20.0")).toContain("18.20.0");
  });

  test("installs when a package is missing or of another version, but not for optional ones", () => {
    const wanted = {
      packages: {
        "": {},
        "node_modules/a": { version: "1.0.0" },
        "node_modules/b": { version: "1.0.0", optional: true },
      },
    };
    expect(missingPackages(wanted, { packages: { "node_modules/a": { version: "1.0.0" } } })).toEqual([]);
    expect(missingPackages(wanted, { packages: { "node_modules/a": { version: "1.0.1" } } })).toEqual([
      "node_modules/a",
    ]);
    expect(missingPackages(wanted, { packages: {} })).toEqual(["node_modules/a"]);
  });
});

describe("the demo", () => {
  test("asks for a record of the test split", async () => {
    const data = await openDataset("datasets/pbe-prototypes");
    expect(splitOfFormula(data.get(demoTarget).formula)).toBe("test");
  });

  test("never takes a folder that exists", () => {
    const there = new Set(["out/demo", "out/demo-2"]);
    expect(freeFolder("out/demo", (name: string) => there.has(name))).toBe("out/demo-3");
    expect(freeFolder("out/demo", () => false)).toBe("out/demo");
  });
});
