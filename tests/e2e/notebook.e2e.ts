import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { executeNotebook, installKernels, jupyterEnvironment, root } from "./jupyter.js";

interface Output {
  readonly output_type: string;
  readonly ename?: string;
  readonly evalue?: string;
  readonly data?: Readonly<Record<string, unknown>>;
}

interface Notebook {
  readonly cells: readonly { readonly cell_type: string; readonly outputs?: readonly Output[] }[];
}

describe("01-quick-start.ipynb, executed by nbconvert with a small budget", () => {
  let folder: string;
  let file: string;
  let outputs: Output[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "dosmith-notebook-"));
    const dataFolder = join(folder, "jupyter");
    await jupyterEnvironment();
    await installKernels(dataFolder);
    file = join(folder, "quick-start.ipynb");
    const notebook = join(root, "notebooks", "01-quick-start.ipynb");
    await executeNotebook(notebook, file, { dataFolder, env: { DOSMITH_BUDGET: "0.1" } });
    const { cells } = JSON.parse(await readFile(file, "utf8")) as Notebook;
    outputs = cells.flatMap((cell) => cell.outputs ?? []);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ofType = (mime: string): string[] =>
    outputs.flatMap(({ data }) => (data && mime in data ? [text(data[mime])] : []));

  it("has no error", () => expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]));

  it("shows four charts, each as Vega-Lite and as an SVG with marks", () => {
    expect(ofType("application/vnd.vegalite.v5+json")).toHaveLength(4);
    const images = ofType("image/svg+xml");
    expect(images).toHaveLength(4);
    for (const svg of images) expect(svg.match(/<path/g)?.length).toBeGreaterThan(10);
    expect(images.join("")).not.toMatch(/NaN|undefined/);
  });

  it("shows two crystals in 3D and three tables", () => {
    const html = ofType("text/html");
    expect(html.join("").match(/<iframe /g)).toHaveLength(2);
    expect(html.filter((page) => page.includes('<table class="dosmith">'))).toHaveLength(3);
  });

  it("finishes its three progress bars", () => {
    const bars = ofType("text/plain").filter((line) => /: \d+%, /.test(line));
    expect(bars).toHaveLength(3);
    for (const bar of bars) expect(bar).toContain(": 100%, ");
  });

  it("stays under 3 MB", async () => expect((await stat(file)).size).toBeLessThan(3e6));
});

it("notebooks are committed with a kernelspec that other machines have", async () => {
  const { metadata } = JSON.parse(await readFile(join(root, "notebooks", "01-quick-start.ipynb"), "utf8")) as {
    metadata: { kernelspec: object };
  };
  expect(metadata.kernelspec).toMatchObject({ name: "dosmith", display_name: "dosmith (TypeScript)" });
});

/** Notebook files keep text as a list of lines, and JSON types as they are. */
function text(content: unknown): string {
  if (typeof content === "string") return content;
  return Array.isArray(content) ? content.join("") : JSON.stringify(content);
}
