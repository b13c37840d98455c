import { compile } from "vega-lite";
import { describe, expect, it } from "vitest";
import {
  dosChart,
  dosHeatmap,
  histogram,
  learningCurveChart,
  lineChart,
  lossChart,
  scatterChart,
  sequentialScale,
  toSvg,
  tradeoffChart,
  type VegaLiteSpec,
} from "../../src/notebook/index.js";
import { siteCurve } from "../../src/dos/index.js";
import { peaks, target } from "./samples.js";

const rows = [0, 1, 2].map((guidanceWeight) => ({
  guidanceWeight,
  validity: 0.9 - guidanceWeight / 10,
  validityError: 0.02,
  match: 0.8 - guidanceWeight / 5,
  matchError: 0.03,
}));

const charts: Record<string, VegaLiteSpec> = {
  dos: dosChart({ target, candidates: [{ name: "first", predicted: peaks(-1, 3) }], siteLabels: ["B", "N"] }),
  total: dosChart({
    target: {
      label: "total",
      energyShift: 0,
      energyWindow: [-5, 2],
      totalDos: { kind: "total", grid: peaks(0).grid, values: peaks(0).values },
    },
    candidates: [],
  }),
  tradeoff: tradeoffChart(rows, { references: [{ label: "retrieval", match: 0.5 }], title: "Trade-off" }),
  series: tradeoffChart(rows.flatMap((row) => [row, { ...row, series: "other" }])),
  learning: learningCurveChart([100, 1000].map((trainCount) => ({ trainCount, value: 1 / trainCount, error: 0.0001 }))),
  loss: lossChart([1, 2, 3].map((step) => ({ step, trainLoss: 1 / step, validationLoss: 2 / step }))),
  line: lineChart(
    [1, 2, 3].flatMap((x) => [
      { x, y: 1 / x, error: 0.1, series: "a" },
      { x, y: 2 / x, series: "b" },
    ]),
    { xLabel: "x (eV)", yLabel: "y (1)", yLog: true },
  ),
  scatter: scatterChart(
    [1, 2, 3, NaN].map((x) => ({ x, y: x + 0.1, error: 0.2, series: `s${x}`, label: `crystal ${x}` })),
    { xLabel: "true gap (eV)", yLabel: "predicted gap (eV)", diagonal: true },
  ),
  heatmap: dosHeatmap(
    ["Si", "Ge"].map((label, i) => ({ label, ...siteCurve(peaks(-1, 3), i) })),
    { rowLabel: "element", normalise: true },
  ),
  histogram: histogram([1, 2, 2, 3, NaN], { label: "volume per atom (Å³)" }),
};

describe("every chart", () => {
  it.each(Object.entries(charts))("%s compiles without a warning and survives JSON", (_, spec) => {
    const messages: unknown[] = [];
    const logger = {
      level: () => logger,
      warn: (...parts: unknown[]) => (messages.push(parts), logger),
      error: (...parts: unknown[]) => (messages.push(parts), logger),
      info: () => logger,
      debug: () => logger,
    };
    compile(JSON.parse(JSON.stringify(spec)) as never, { logger: logger as never });
    expect(messages).toEqual([]);
    expect(JSON.parse(JSON.stringify(spec))).toEqual(spec);
  });

  it.each(Object.entries(charts))("%s loads nothing and draws no undefined", async (_, spec) => {
    const svg = await toSvg(spec);
    expect(svg).toMatch(/^<svg/);
    expect(svg).not.toMatch(/NaN|undefined|href="http|url\(http/);
    expect(JSON.stringify(spec)).not.toContain('"url"');
  });
});

describe("dosChart", () => {
  it("has a filled target and a line in each panel, with units", async () => {
    const svg = await toSvg(charts.dos);
    for (const text of ["B, site 1", "N, site 2", "mean over sites", "energy from the Fermi level (eV)"])
      expect(svg).toContain(text);
    expect(svg).toContain("DOS (states/eV/atom)");
    expect(svg.match(/aria-roledescription="area mark"/g)).toHaveLength(3);
    expect(svg.match(/aria-label="[^"]*series: first[^"]*"/g)).toHaveLength(3);
  });

  it("holds the target's numbers in full", () => {
    type Row = { series: string; panel: string; energy: number[]; dos: number[] };
    const { values } = charts.dos.data as { values: Row[] };
    const [boron, ...others] = values.filter((row) => row.series === "target" && row.panel === "B, site 1");
    expect(others).toEqual([]);
    expect(boron.dos).toHaveLength(400);
    expect(boron.energy).toHaveLength(400);
    expect(boron.energy[boron.dos.indexOf(Math.max(...boron.dos))]).toBeCloseTo(-2, 1);
    expect(boron.energy[0]).toBe(-10);
    expect(boron.energy[399]).toBe(10);
  });

  it("puts sites with the same spectrum in one panel, unless only one of them counts", () => {
    const twin = { ...target, siteDos: peaks(-2, 3, -2) };
    const panelsOf = (spec: VegaLiteSpec) => (spec.facet as { sort: string[] }).sort;
    expect(panelsOf(dosChart({ target: twin, candidates: [] }))).toEqual(["site 1, 3", "site 2", "mean over sites"]);
    const masked = dosChart({ target: { ...twin, siteMask: [true, true, false] }, candidates: [] });
    expect(panelsOf(masked)).toEqual(["site 1", "site 2", "site 3 (free)", "mean over sites"]);
  });

  it("draws each predicted site in the panel of the target site that it is paired with", () => {
    const spec = dosChart({ target, candidates: [{ name: "swapped", predicted: peaks(3, -2), pairing: [1, 0] }] });
    const { values } = spec.data as { values: { curve: string; panel: string }[] };
    const panels = new Set(values.filter((row) => row.curve === "swapped, site 1").map((row) => row.panel));
    expect([...panels]).toEqual(["site 2"]);
  });

  it("refuses a pairing outside the target, and a target without a spectrum", () => {
    const wrong = { name: "x", predicted: peaks(0, 1), pairing: [0, 2] };
    expect(() => dosChart({ target, candidates: [wrong] })).toThrow(
      /"x", site 1: expected a target site 0\.\.1, found 2/,
    );
    expect(() => dosChart({ target: { label: "none", energyShift: 0 }, candidates: [] })).toThrow(
      /"none".*found neither/,
    );
  });
});

describe("other charts", () => {
  it("tradeoff: a point, two error bars and a label for each weight, a line for each reference", async () => {
    const svg = await toSvg(charts.tradeoff);
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(3);
    expect(svg.match(/aria-roledescription="rule mark"/g)).toHaveLength(7);
    for (const text of ["retrieval", "valid crystals (%)", "Trade-off", "smaller is better"])
      expect(svg).toContain(text);
  });

  it("histogram: counts finite values only", async () => {
    const svg = await toSvg(charts.histogram);
    expect(svg).toContain("volume per atom (Å³)");
    expect(svg.match(/aria-roledescription="bar"/g)?.length).toBe(3);
  });

  it("line: a line for each series, a band only where there are errors", async () => {
    const svg = await toSvg(charts.line);
    expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(2);
    for (const text of ["x (eV)", "y (1)"]) expect(svg).toContain(text);
    expect(svg).toContain('aria-roledescription="area mark"');
    const bare = await toSvg(
      lineChart(
        [1, 2].map((x) => ({ x, y: x })),
        { xLabel: "x", yLabel: "y" },
      ),
    );
    expect(bare).not.toContain("area mark");
    const onLog = lineChart(
      [0, 1, 2].map((y) => ({ x: 1, y, error: 3 })),
      { xLabel: "x", yLabel: "y", yLog: true },
    );
    expect(await toSvg(onLog)).not.toMatch(/NaN|Infinity/);
  });

  it("scatter: a point and an error bar for each finite value, the diagonal within the data", async () => {
    const svg = await toSvg(charts.scatter);
    expect(svg.match(/aria-roledescription="point"/g)).toHaveLength(3);
    expect(svg.match(/aria-roledescription="rule mark"/g)).toHaveLength(3);
    expect(svg).toContain('aria-label="at: 1.1');
  });

  it("scatter: more groups than colours differ in shape", () => {
    const points = Array.from({ length: 8 }, (_, i) => ({ x: i, y: i, series: `g${i}` }));
    const looks = JSON.stringify(scatterChart(points, { xLabel: "x", yLabel: "y" }));
    const look = JSON.parse(looks) as {
      layer: { encoding: Record<"color" | "shape", { scale: { range: string[] } }> }[];
    };
    const { color, shape } = look.layer[0].encoding;
    expect(new Set(points.map((_, i) => color.scale.range[i] + shape.scale.range[i])).size).toBe(8);
  });

  it("heat map: rows in order, energies averaged to a bounded number of cells that tile the range", () => {
    type Cells = { values: { row: string; from: number; to: number; dos: number }[] };
    const { values } = charts.heatmap.data as Cells;
    expect(values).toHaveLength(800);
    expect(Math.max(...values.map(({ dos }) => dos))).toBe(1);
    const peak = values.filter(({ row }) => row === "Ge").reduce((a, b) => (b.dos > a.dos ? b : a));
    expect(peak.from).toBeLessThanOrEqual(3.03);
    expect(peak.to).toBeGreaterThanOrEqual(2.97);
    const many = Array.from({ length: 60 }, (_, i) => ({ label: `E${i}`, ...siteCurve(peaks(i / 10), 0) }));
    const cells = (dosHeatmap(many).data as Cells).values;
    expect(cells.length).toBeLessThanOrEqual(3060);
    const first = cells.filter(({ row }) => row === "E0");
    first.slice(1).forEach(({ from }, i) => expect(from).toBeCloseTo(first[i].to, 2));
    // An average keeps the number of states.
    const states = first.reduce((sum, { from, to, dos }) => sum + dos * (to - from), 0);
    expect(states).toBeCloseTo(0.5 * Math.sqrt(2 * Math.PI), 1);
    expect(JSON.stringify(charts.heatmap)).toContain(sequentialScale[0]);
    expect(() => dosHeatmap([])).toThrow(/at least one row/);
    const other = { ...many[1], grid: { ...many[1].grid, stop: 9 } };
    expect(() => dosHeatmap([many[0], other])).toThrow(/"E0" and "E1" differ/);
  });

  it("toSvg refuses what Vega-Lite does not understand", async () => {
    await expect(toSvg({ ...charts.histogram, mark: "blob" })).rejects.toThrow();
  });
});
