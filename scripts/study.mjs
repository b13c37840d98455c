// The studies behind the numbers of README.md and models/README.md, with the bundled models and data:   npm run study -- NAME [options]
//   dft             generated crystals of test targets, computed by GPAW (finished calculations in --cache are not computed again)
//   samplers        quality against evaluations of the network; --split validation is what the defaults were chosen on
//   learning-curve  quality against the number of training crystals (finished points are kept)
//   model-card      the tables of README.md and models/README.md from the studies' files in models/
//   dataset-card    counts, tables and figure of a data set: npm run study -- dataset-card datasets/pbe-prototypes [--write]
// What they compute is the library's (src/workbench/studies): here options are read, progress is printed and files are written.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { format } from "prettier";
import { root, say, setUp } from "./setup.mjs";

setUp();
const { openDataset, writeFileAtomic } = await import("dosmith/data");
const notebook = await import("dosmith/notebook");
const workbench = await import("dosmith/workbench");

/** @typedef {Record<string, { type: "string" | "boolean", default?: string | boolean }>} Options */

/** @type {Record<string, { options: Options, run: (values: any, folder: string) => Promise<void> }>} */
const studies = {
  dft: {
    options: {
      targets: { type: "string", default: "40" },
      candidates: { type: "string", default: "4" },
      processes: { type: "string", default: "2" },
      threads: { type: "string", default: "1" },
      relax: { type: "string", default: "none" },
      cache: { type: "string", default: path("out/dft-study") },
      out: { type: "string", default: path("models/dft-study.json") },
    },
    async run({ targets, candidates, processes, threads, relax, cache, out }) {
      await withWorkbench({ threads: number(threads, "threads") }, async (bench) => {
        const study = workbench.dftStudy(bench, {
          ...{ targets: number(targets, "targets"), candidates: number(candidates, "candidates") },
          ...{ processes: number(processes, "processes"), relax, cacheFolder: cache },
        });
        for await (const { done, total, detail } of study) console.log(`${done}/${total} ${detail}`);
        const found = await study;
        await writeJson(out, found, rounded);
        await writeFigure(out, notebook.dftStudyChart(found));
        console.log(JSON.stringify(found.summary, rounded, 1));
      });
    },
  },
  samplers: {
    options: {
      split: { type: "string", default: "test" },
      targets: { type: "string", default: "140" },
      out: { type: "string", default: path("models/sampler-study.json") },
    },
    async run({ split, targets, out }) {
      if (split !== "test" && split !== "validation") fail(`--split: expected test or validation, found ${split}`);
      await withWorkbench({ backend: "compiled-cpu" }, async (bench) => {
        const study = workbench.samplerStudy(bench, {
          split,
          targets: number(targets, "targets"),
          folder: path("out"),
        });
        for await (const { row } of study) if (row) console.log(JSON.stringify(row, rounded));
        const found = await study;
        const known = await workbench.readSamplerStudy(out).catch(ifMissing({}));
        await writeJson(out, { ...known, [split]: found });
        if (split === "test") await writeFigure(out, notebook.samplerStudyChart(found.results));
      });
    },
  },
  "learning-curve": {
    options: {
      steps: { type: "string", default: "5000" },
      shares: { type: "string", default: "0.125,0.25,0.5,1" },
      threads: { type: "string", default: "1" },
      out: { type: "string", default: path("models/learning-curve.json") },
    },
    async run({ steps, shares, threads, out }) {
      await withWorkbench({ threads: number(threads, "threads") }, async (bench) => {
        const study = workbench.learningCurve(bench, {
          ...{ steps: number(steps, "steps"), out },
          shares: shares.split(",").map((/** @type {string} */ share) => number(share, "shares")),
        });
        for await (const { point } of study) console.log(JSON.stringify(point));
        await writeFigure(out, notebook.learningCurveStudyChart(await study));
      });
    },
  },
  "model-card": {
    options: {},
    async run() {
      const quality = await workbench.readStudy(path("models/quality.json"));
      const { quality: quoted, ...sections } = workbench.modelCard({
        quality,
        samplers: await workbench.readSamplerStudy(path("models/sampler-study.json")),
        dft: await workbench.readDftStudy(path("models/dft-study.json")),
      });
      await fill("models/README.md", sections);
      await fill("README.md", { quality: quoted, dft: sections.dft });
      await writeFigure(path("models/quality.json"), notebook.qualityChart(quality));
    },
  },
  "dataset-card": {
    options: { write: { type: "boolean", default: false } },
    async run({ write }, folder) {
      const dataset = await openDataset(folder);
      if (!write) return console.log(workbench.datasetCounts(dataset));
      const sections = workbench.datasetCard({
        dataset,
        errors: await workbench.readRecipeErrors(path("datasets/generator/known_errors.json")),
        published: await workbench.readPublishedNumbers(path("datasets/generator/published.json")),
      });
      const card = join(folder, "README.md");
      let text = await readFile(card, "utf8");
      for (const [name, section] of Object.entries(sections))
        text = between(text, [`<!-- ${name} -->\n`, `\n<!-- end of ${name} -->`], section, card);
      await writeFileAtomic(join(folder, "distributions.svg"), await notebook.toSvg(notebook.datasetChart(dataset)));
      await writeFileAtomic(card, text);
    },
  },
};

const [name = "", ...args] = process.argv.slice(2);
const study = studies[name];
if (!study) fail(`expected one of ${Object.keys(studies).join(", ")}, found "${name}"`);
const wantsFolder = name === "dataset-card";
const { values, positionals } = parseArgs({ args, options: study.options, allowPositionals: wantsFolder });
if (wantsFolder && positionals.length !== 1) fail("dataset-card: expected one folder");
await study.run(values, positionals[0] ?? "");
// Engines may keep threads alive.
process.exit(0);

/**
 * @param {import("dosmith/workbench").WorkbenchOptions} options
 * @param {(bench: import("dosmith/workbench").Workbench) => Promise<void>} work
 */
async function withWorkbench(options, work) {
  const bench = await workbench.openWorkbench(options);
  try {
    await work(bench);
  } finally {
    await bench.dispose();
  }
}

/** @param {string} out @param {object} content @param {(key: string, value: unknown) => unknown} [replace] */
async function writeJson(out, content, replace) {
  await writeFileAtomic(out, `${JSON.stringify(content, replace, 1)}\n`);
}

/** The figure beside a result's file. @param {string} out @param {import("dosmith/notebook").VegaLiteSpec} chart */
async function writeFigure(out, chart) {
  await writeFileAtomic(out.replace(/\.json$/, ".svg"), await notebook.toSvg(chart));
}

/** Puts sections between their marks in a Markdown file. @param {string} file @param {Record<string, string>} sections */
async function fill(file, sections) {
  let text = await readFile(path(file), "utf8");
  for (const [section, content] of Object.entries(sections))
    text = between(text, [`<!-- ${section} -->`, `<!-- /${section} -->`], `\n\n${content}\n\n`, file);
  await writeFileAtomic(path(file), await format(text, { parser: "markdown", printWidth: 120 }));
}

/**
 * @param {string} text
 * @param {[open: string, close: string]} marks
 * @param {string} content
 * @param {string} where
 */
function between(text, [open, close], content, where) {
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from) throw new Error(`${where}: no ${open.trim()} ... ${close.trim()}`);
  return text.slice(0, from + open.length) + content + text.slice(to);
}

/** Numbers with four digits. @param {string} _ @param {unknown} value */
function rounded(_, value) {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}

/** @template T @param {T} otherwise @returns {(error: unknown) => T} */
function ifMissing(otherwise) {
  return (error) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return otherwise;
    throw error;
  };
}

/** @param {string} text @param {string} option */
function number(text, option) {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : fail(`--${option}: expected a positive number, found ${text}`);
}

/** @param {string} relative to the clone */
function path(relative) {
  return join(root, relative);
}

/** @param {string} problem @returns {never} */
function fail(problem) {
  say(`study: ${problem}`);
  process.exit(2);
}
