import { createHash } from "node:crypto";
import { Script } from "node:vm";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { renderReport } from "../../src/notebook/index.js";
import type { PageContent } from "../../src/notebook/report/content.js";
import { pageScript } from "../../src/notebook/report/script.js";
import { candidate, peaks, reportData, target } from "./samples.js";

function packed(html: string, id: string): string {
  const base64 = new RegExp(`<script type="text/plain" id="${id}">([^<]*)</script>`).exec(html)?.[1] ?? "";
  return gunzipSync(Buffer.from(base64, "base64")).toString();
}

const libraries = ["vega", "vega-lite", "3dmol"];

const contentOf = (html: string) => JSON.parse(packed(html, "content")) as PageContent;

/** Tags that open and do not close, in order; empty when the page nests properly. */
function unbalancedTags(html: string): string[] {
  const empty = new Set(["meta", "br", "input", "!doctype", "path", "line", "rect"]);
  const body = html.replace(/<(script|style)\b[^>]*>[\s\S]*?<\/\1>/g, "");
  const open: string[] = [];
  for (const [, close, name, self] of body.matchAll(/<(\/?)([a-z!][a-z0-9]*)[^>]*?(\/?)>/gi)) {
    if (close) {
      if (open.at(-1) === name) open.pop();
      else if (!empty.has(name)) return [...open, `/${name}`];
    } else if (!self && !empty.has(name.toLowerCase())) open.push(name);
  }
  return open;
}

describe("renderReport", () => {
  it("is one page that nests properly, loads nothing and stays small", async () => {
    const html = await renderReport(reportData());
    expect(unbalancedTags(html)).toEqual([]);
    expect(html.replace(/<script[\s\S]*?<\/script>/g, "")).not.toMatch(/(src|href|url\()\s*=?\s*["']?(https?:)?\/\//i);
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    expect(policy).toContain("default-src 'none'");
    const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? "";
    expect(scripts).not.toContain("unsafe-inline");
    const code = [/<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? "", ...libraries.map((id) => packed(html, id))];
    const hashes = code.map((text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`);
    expect(scripts.split(" ")).toEqual([...hashes, "'unsafe-eval'"]);
    expect(html.length).toBeLessThan(1_500_000);
    expect(() => new Script(pageScript)).not.toThrow();
    for (const [id, mark] of [
      ["vega", "parse"],
      ["vega-lite", "compile"],
      ["3dmol", "createViewer"],
    ])
      expect(packed(html, id)).toContain(mark);
  });

  it("ranks candidates, says how good they are and that nothing was computed", async () => {
    const html = await renderReport(reportData());
    const files = [...html.matchAll(/href="(crystals\/\d+\.cif)"/g)].map((match) => match[1]);
    expect(files).toEqual(["crystals/001.cif", "crystals/002.cif", "crystals/003.cif"]);
    expect(html).toContain("Predicted by a network, not computed by DFT.");
    expect(html).toContain("dosmith generate --target bn.json --seed 1");
    for (const text of ["0.100", "0.050", "0.200", "5.83", "guidance weight", "Composition was free."])
      expect(html).toContain(text);
  });

  it("packs the curves and the crystal of each candidate", async () => {
    const content = contentOf(await renderReport(reportData()));
    expect(content.candidates.map(({ rank }) => rank)).toEqual([1, 2, 3]);
    expect(content.target).toHaveLength(3);
    expect(content.candidates[0].curves.map(({ dos }) => dos.length)).toEqual([400, 400, 400]);
    expect(content.candidates[0].curves[0].dos[160]).toBeCloseTo(peaks(-1.9).values[160], 4);
    expect(content.candidates[0].scene.atoms.length).toBeGreaterThan(10);
  });

  it("shows hostile text as text and links as relative paths", async () => {
    const evil = `"><script>alert('x')</script><img src=x onerror=alert(1)>`;
    const html = await renderReport(
      reportData({
        title: evil,
        command: evil,
        target: { ...target, label: evil },
        siteLabels: [evil, "</script><script>alert(2)</script>"],
        settings: { [evil]: evil },
        notes: [evil],
        model: { name: evil, trainedOn: evil },
        candidates: [candidate(1, { formula: evil, id: evil, spaceGroup: evil, file: "javascript:alert(1)" })],
      }),
    );
    expect(html).not.toMatch(/<script>alert|<img|href="javascript:/);
    expect(unbalancedTags(html)).toEqual([]);
    expect(html).toContain("&lt;script&gt;alert(&#39;x&#39;)");
  });

  it("stays under 3 MB with very many large candidates, and says what it leaves out", async () => {
    const noisy = peaks(...Array.from({ length: 20 }, (_, i) => i - 10));
    const values = noisy.values.map((value, i) => value + ((i * 2654435761) % 1000) / 1000);
    const predicted = { ...noisy, values };
    const candidates = Array.from({ length: 120 }, (_, i) =>
      candidate(i + 1, { predicted, pairing: Array<number>(20).fill(0) }),
    );
    const html = await renderReport(reportData({ candidates }));
    expect(html.length).toBeLessThan(3_000_000);
    const shown = contentOf(html).candidates.length;
    expect(shown).toBeGreaterThan(20);
    expect(html).toContain(`for the first ${shown} candidates only`);
    expect(html.match(/<tr[^>]* title="candidate-/g)).toHaveLength(120);
  });

  it("says so when there are no candidates", async () => {
    const html = await renderReport(reportData({ candidates: [] }));
    expect(html).toContain("The run made no candidates.");
    expect(unbalancedTags(html)).toEqual([]);
  });
});
