import { afterEach, describe, expect, it } from "vitest";
import {
  bundledFile,
  candidateFrame,
  clearOutput,
  dosChart,
  formatDuration,
  formatProgress,
  html,
  htmlTable,
  interruptSignal,
  liveOutput,
  mimeBundle,
  notebookProgress,
  ProgressMeter,
  progressHtml,
  show,
  textTable,
  type MimeBundle,
} from "../../src/notebook/index.js";
import { boronNitride, candidate, target } from "./samples.js";

describe("tables", () => {
  it("candidateFrame has one row a candidate with its numbers", async () => {
    const frame = await candidateFrame([candidate(1), candidate(2)]);
    expect(frame.shape).toEqual([2, 14]);
    expect(frame.columns.slice(0, 5)).toEqual(["rank", "id", "formula", "spaceGroup", "atoms"]);
    expect(frame.column("relativeL1").values).toEqual([0.1, 0.2]);
    // Volume of the fcc primitive cell: (3.6 Å)³ / 4, over two atoms.
    expect((frame.column("volumePerAtom").values as number[])[0]).toBeCloseTo(3.6 ** 3 / 8, 10);
  });

  it("htmlTable escapes, rounds and names units", () => {
    const { markup: html } = htmlTable(
      [{ a: "<b>", x: 1.23456, ok: true, none: null, bad: NaN }],
      [
        { key: "a" },
        { key: "x", label: "gap", unit: "eV", decimals: 2 },
        { key: "ok" },
        { key: "none" },
        { key: "bad" },
      ],
    );
    expect(html).toContain(">&lt;b&gt;</td>");
    expect(html).toContain("gap (eV)");
    expect(html).toContain(">1.23</td>");
    expect(html).toMatch(/>yes<\/td><td[^>]*>–<\/td>/);
    expect(html).not.toContain("NaN");
    expect(htmlTable([]).markup).toContain("<tbody></tbody>");
  });
});

describe("number formats", () => {
  const shown = (values: (number | null)[]) =>
    textTable(values.map((x) => ({ x })))
      .split("\n")
      .slice(1)
      .map((line) => line.trim());

  it.each([
    [
      [0, 1.2345, 12.5, null],
      ["0.0", "1.2", "12.5", "–"],
    ],
    [
      [0.37812, 0.4587, 1],
      ["0.378", "0.459", "1.000"],
    ],
    [
      [1, 20, 300],
      ["1", "20", "300"],
    ],
    [
      [1234.56, 2345.6],
      ["1235", "2346"],
    ],
    [
      [1.5e-7, 2e-5],
      ["1.5e-7", "0.00002"],
    ],
    [
      [-0.004123, 0.5],
      ["-0.004", "0.500"],
    ],
  ])("a column of %j", (values, texts) => expect(shown(values)).toEqual(texts));

  it("text tables align, and long ones show both ends", () => {
    expect(
      textTable([
        { name: "Si", gap: 0.61 },
        { name: "diamond", gap: 4.1 },
      ]),
    ).toBe(["name      gap", "Si       0.61", "diamond  4.10"].join("\n"));
    const rows = Array.from({ length: 1000 }, (_, i) => ({ i }));
    expect(textTable(rows)).toContain("… 940 more of 1000 rows …");
    const { markup: html } = htmlTable(rows);
    expect(html.match(/<tr>/g)).toHaveLength(62);
    expect(html).toContain(">999</td>");
  });

  it("a frame shows its index where it says something, a series is a table too", async () => {
    const { DataFrame } = await import("danfojs-node");
    const frame = new DataFrame([
      { a: 1.5, b: "x" },
      { a: 2.5, b: "y" },
    ]);
    expect((await mimeBundle(frame))["text/plain"]).toBe("  a  b\n1.5  x\n2.5  y");
    expect((await mimeBundle(frame.describe()))["text/plain"]).toContain("mean");
    const picked = frame.query(frame.column("a").gt(2));
    expect((await mimeBundle(picked))["text/plain"]).toMatch(/^ +a +b\n1 +2.5 +y$/);
    expect((await mimeBundle(frame.column("b")))["text/plain"]).toBe("b\nx\ny");
  });
});

describe("progress", () => {
  it("tells share, rate and remaining time", () => {
    let now = 100;
    const meter = new ProgressMeter({ label: "training", total: 200, unit: "step" }, () => now);
    now = 110;
    expect(formatProgress(meter.update(50, "loss 0.3"))).toBe(
      "training: 25%, 50/200 steps, 5 steps/s, 30 s left, loss 0.3",
    );
    now = 140;
    expect(formatProgress(meter.update(200))).toBe("training: 100%, 200/200 steps, 5 steps/s, took 40 s, loss 0.3");
  });

  it("says nothing that it does not know", () => {
    expect(formatProgress({ label: "a", done: 0, total: 10, elapsedSeconds: 0 })).toBe("a: 0%, 0/10 steps");
    expect(formatProgress({ label: "a", done: 3, elapsedSeconds: 6 })).toBe("a: 3 steps, 2 s/step, 6 s so far");
    expect(progressHtml({ label: "<i>", done: 1, total: 4, elapsedSeconds: 1 })).toMatch(/value="0.2500".*&lt;i&gt;/);
  });

  it.each([
    [0, "0 s"],
    [59.6, "1 min 00 s"],
    [200, "3 min 20 s"],
    [3599.9, "1 h 00 min"],
    [3720, "1 h 02 min"],
  ])("%d s is %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));
});

describe("show", () => {
  const globals = globalThis as {
    __dosmith_display?: unknown;
    __dosmith_clear_output?: unknown;
    __dosmith_signal?: unknown;
    __tslab__?: unknown;
  };
  afterEach(() => {
    delete globals.__dosmith_display;
    delete globals.__dosmith_clear_output;
    delete globals.__dosmith_signal;
    delete globals.__tslab__;
  });

  it("gives a chart as Vega-Lite, SVG and text, without HTML, which notebooks would prefer", async () => {
    const spec = dosChart({ target, candidates: [] });
    const bundle = await mimeBundle(spec);
    expect(Object.keys(bundle)).toEqual(["application/vnd.vegalite.v5+json", "image/svg+xml", "text/plain"]);
    expect(bundle["application/vnd.vegalite.v5+json"]).toBe(spec);
  });

  it("hands the whole bundle to a kernel that takes it", async () => {
    const sent: MimeBundle[] = [];
    globals.__dosmith_display = (bundle: MimeBundle) => sent.push(bundle);
    await show(Promise.resolve(html("<iframe></iframe>")));
    expect(sent).toEqual([{ "text/html": "<iframe></iframe>", "text/plain": "[HTML view]" }]);
  });

  it("sends plain tslab the richest form", async () => {
    const sent: string[][] = [];
    const display = { raw: (type: string, content: string) => sent.push([type, content]) };
    globals.__tslab__ = { require: () => ({ display, newDisplay: () => display }) };
    await show([{ a: 1 }]);
    expect(sent[0][0]).toBe("text/html");
    expect(sent[0][1]).toContain(">1</td>");
  });

  it("replaces one progress output instead of adding lines", () => {
    const calls: { displayId?: string; update?: boolean }[] = [];
    globals.__dosmith_display = (_: MimeBundle, options: { displayId: string; update: boolean }) => calls.push(options);
    const progress = notebookProgress({ label: "x", total: 3 });
    for (const done of [1, 2, 3]) progress.update(done);
    expect(calls.map(({ update }) => update)).toEqual([false, true]); // the second comes too soon
    expect(new Set(calls.map(({ displayId }) => displayId)).size).toBe(1);
  });

  it("replaces a live output in place, and does not mix two of them up", async () => {
    const calls: { text: unknown; displayId?: string; update?: boolean }[] = [];
    globals.__dosmith_display = (bundle: MimeBundle, options: { displayId: string; update: boolean }) =>
      calls.push({ text: bundle["text/plain"], ...options });
    const [first, second] = [liveOutput(), liveOutput()];
    await first.update("a");
    await second.update("b");
    await first.update(Promise.resolve("c"));
    expect(calls.map(({ text, update }) => [text, update])).toEqual([
      ["a", false],
      ["b", false],
      ["c", true],
    ]);
    expect(calls[0].displayId).toBe(calls[2].displayId);
    expect(calls[0].displayId).not.toBe(calls[1].displayId);
  });

  it("clears the output and hands out the interrupt signal where the kernel has them, else does nothing", () => {
    clearOutput();
    expect(interruptSignal().aborted).toBe(false);
    const cleared: unknown[] = [];
    globals.__dosmith_clear_output = (wait: boolean) => cleared.push(wait);
    globals.__dosmith_signal = AbortSignal.abort();
    clearOutput(true);
    expect(cleared).toEqual([true]);
    expect(interruptSignal().aborted).toBe(true);
  });

  it("finds bundled files from any folder", () => {
    expect(bundledFile("package.json")).toMatch(/package\.json$/);
    expect(() => bundledFile("models/none.safetensors")).toThrow(/none\.safetensors: this installation has no such/);
  });

  it("shows a data frame as a table and other values as text", async () => {
    expect((await mimeBundle(await candidateFrame([candidate(1)])))["text/html"]).toContain(
      '<th scope="col" style="text-align:left">formula</th>',
    );
    expect(await mimeBundle(3)).toEqual({ "text/plain": "3" });
    expect(await mimeBundle("a < b")).toEqual({ "text/plain": "a < b" });
    const hostile = '<svg onload="alert(1)">';
    expect(await mimeBundle(hostile)).toEqual({ "text/plain": hostile });
    expect(await mimeBundle({ ...html("<b>") })).not.toHaveProperty("text/html");
    for (const crystal of [boronNitride, candidate(1)])
      expect((await mimeBundle(crystal))["text/html"]).toMatch(/^<iframe title="3D view of BN/);
    expect(await mimeBundle({ a: 1 })).toEqual({ "text/plain": '{\n  "a": 1\n}' });
  });
});
