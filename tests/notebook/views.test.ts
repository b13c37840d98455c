import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { crystalView, neutral, sequentialColor, sequentialScale, trajectoryView } from "../../src/notebook/index.js";
import { crystalScene, defaultSupercell } from "../../src/notebook/scene.js";
import { boronNitride } from "./samples.js";

/** The page inside the frame, as a browser would read the attribute. */
function framePage(html: string): string {
  const attribute = /srcdoc="([^"]*)"/.exec(html)?.[1] ?? "";
  const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&#39;": "'", "&amp;": "&" };
  return attribute.replace(/&(lt|gt|quot|#39|amp);/g, (entity) => entities[entity]);
}

describe("crystalScene", () => {
  it("shows the periodic images on the faces: a cube's corner atom eight times", () => {
    const cube = { ...boronNitride, fracCoords: [[0, 0, 0]] as const, atomicNumbers: [5] };
    const scene = crystalScene(cube, { supercell: [1, 1, 1] });
    expect(scene.atoms).toHaveLength(8);
    expect(crystalScene(cube, { supercell: [2, 2, 2] }).atoms).toHaveLength(27);
    expect(scene.cell).toHaveLength(12);
    expect(scene.block).toHaveLength(0);
  });

  it("bonds the four neighbours of zincblende and nothing else", () => {
    const scene = crystalScene(boronNitride, { supercell: [2, 2, 2] });
    const degree = scene.atoms.map((_, i) => scene.bonds.filter((pair) => pair.includes(i)).length);
    expect(scene.atoms.filter((atom) => atom.elem === "N")).toHaveLength(8);
    scene.atoms.forEach((atom, i) => atom.elem === "N" && expect(degree[i]).toBe(4));
    expect(crystalScene(boronNitride, { bonds: false }).bonds).toEqual([]);
  });

  it("draws the same picture when an atom is moved by whole lattice vectors", () => {
    const shift = fc.tuple(
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -3, max: 3 }),
      fc.integer({ min: -3, max: 3 }),
    );
    fc.assert(
      fc.property(shift, ([i, j, k]) => {
        const moved = { ...boronNitride, fracCoords: [[i, j, k] as const, boronNitride.fracCoords[1]] };
        expect(crystalScene(moved).atoms).toEqual(crystalScene(boronNitride).atoms);
      }),
    );
  });

  it("shows at least twelve atoms by default, along the short directions first", () => {
    expect(crystalScene(boronNitride).atoms.length).toBeGreaterThanOrEqual(12);
    const long = {
      ...boronNitride,
      latticeMatrix: [
        [3, 0, 0],
        [0, 3, 0],
        [0, 0, 12],
      ] as const,
    };
    const [a, , c] = defaultSupercell(long);
    expect(a).toBeGreaterThan(c);
  });

  it.each([[[0, 1, 1]], [[1.5, 1, 1]], [[100, 100, 100]]])("refuses the supercell %j", (supercell) => {
    expect(() => crystalScene(boronNitride, { supercell: supercell as never })).toThrow(/supercell: expected/);
  });
});

describe("colours", () => {
  it("by a value of each site: the scale between its ends, grey where there is none, the legend says what", () => {
    const colourBy = { values: [0.1, null], label: "relative L1", domain: [0.1, 0.9] as const };
    const scene = crystalScene(boronNitride, { colourBy });
    const colorOf = (site: number) => new Set(scene.atoms.filter((atom) => atom.site === site).map((a) => a.color));
    expect([...colorOf(0)]).toEqual([sequentialScale[0]]);
    expect([...colorOf(1)]).toEqual([neutral]);
    expect(scene.legend).toEqual({ kind: "scale", label: "relative L1", low: "0.1", high: "0.9" });
    // One image of each site says which element it is.
    expect(scene.atoms.flatMap(({ text }) => text ?? [])).toEqual(["B", "N"]);
    expect(() => crystalScene(boronNitride, { colourBy: { values: [1] } })).toThrow(/each of 2 sites, found 1/);
  });

  it("the scale's lightness rises, and equal values take its middle", () => {
    const lightness = (color: string) => parseInt(color.slice(3, 5), 16);
    const steps = Array.from({ length: 21 }, (_, i) => lightness(sequentialColor(i / 20)));
    steps.slice(1).forEach((step, i) => expect(step).toBeGreaterThan(steps[i]));
    expect(sequentialColor(-1)).toBe(sequentialScale[0]);
    expect(sequentialColor(2)).toBe(sequentialScale.at(-1));
    const { atoms } = crystalScene(boronNitride, { colourBy: { values: [3, 3] } });
    expect(new Set(atoms.map(({ color }) => color))).toEqual(new Set([sequentialColor(0.5)]));
  });

  it("by element and by site, with legends", () => {
    expect(crystalScene(boronNitride).legend).toEqual({ kind: "elements", symbols: ["B", "N"] });
    const { legend } = crystalScene(boronNitride, { colourBy: "site" });
    expect(legend).toMatchObject({ entries: [{ text: "B, site 1" }, { text: "N, site 2" }] });
  });

  it("refuses a crystal that is not finite", () => {
    const broken = { ...boronNitride, fracCoords: [[0, 0, NaN] as const, boronNitride.fracCoords[1]] };
    expect(() => crystalScene(broken)).toThrow(/finite lattice and coordinates, found NaN/);
  });
});

describe("views", () => {
  it("carry 3Dmol inside a sandboxed frame and load nothing", async () => {
    const { markup: html } = await crystalView(boronNitride, { label: "<script>alert(1)</script>" });
    expect(html).toMatch(/^<iframe [^>]*sandbox="allow-scripts"[^>]*srcdoc="[^"]*"><\/iframe>$/);
    const page = framePage(html);
    expect(page).not.toMatch(/(src|href)\s*=\s*["']?(https?:)?\/\//i);
    expect(page).not.toContain("<script>alert");
    const packed = /id="3dmol">([^<]*)</.exec(page)?.[1] ?? "";
    expect(gunzipSync(Buffer.from(packed, "base64")).toString()).toContain("createViewer");
    expect(html.length).toBeLessThan(300_000);
  });

  it("plays every frame of a trajectory", async () => {
    const page = framePage(
      (await trajectoryView([boronNitride, boronNitride, boronNitride], { framesPerSecond: 4 })).markup,
    );
    const scenes = JSON.parse(/const scenes = (\[.*\]), framesPerSecond = 4;/.exec(page)?.[1] ?? "[]") as unknown[];
    expect(scenes).toHaveLength(3);
    await expect(trajectoryView([])).rejects.toThrow(/at least one/);
  });
});
