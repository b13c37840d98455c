import { okabeIto } from "dosmith/notebook";

const columns = ["crystals x atoms", "GFLOP", "engine", "ms", "fastest, ms", "GFLOP/s", "share of peak"];

/**
 * Times of an engine; `timesCompiled` is its time over that of compiled-cpu in the same turns, `gflop` what it needs where that differs.
 * @typedef {{ engine: string, ms: number, fastestMs: number, gflops: number, timesCompiled: number, gflop?: number, plain?: boolean }} EngineRow
 * @typedef {{ crystals: number, atoms: number, gflop: number, engines: EngineRow[], note?: string }} Block
 * @typedef {{ engine: string, evaluations: number, msPerCrystal: number }} SamplingRow
 * @typedef {{ crystals: number, atoms: number, engines: SamplingRow[] }} Sampling
 * @typedef {{ memoryMB: { 100: number, 1000: number }, coldStartMs: number, streamed: number, eaten: number }} Footprint
 * @typedef {{ readyMs: number, importMs: number }} Kernel
 * @typedef {object} Results
 * @property {string} date
 * @property {{ cpu: string, threads: number, memoryGB: number, loadAverage: number }} machine
 * @property {Record<string, string>} versions
 * @property {{ name: string, reason?: string }[]} unavailable
 * @property {{ hiddenDim: number, layerCount: number }} smallSize
 * @property {number} repeats
 * @property {number} peakGflops
 * @property {number} [peerPeakGflops]
 * @property {number} bandwidthGBs
 * @property {number} parameterCount
 * @property {Block[]} guided
 * @property {Block} small
 * @property {Block[]} training
 * @property {Sampling} [sampling]
 * @property {{ importMs: number, openDatasetMs: number }} startup
 * @property {Footprint} [footprint]
 * @property {Kernel} [kernel]
 * @typedef {{ ours: number, peer?: number | undefined }} Peaks
 */

/** The results for people. @param {Results} results */
export function markdown(results) {
  const { machine, versions, guided, small, training, sampling, startup, kernel, repeats, unavailable, smallSize } =
    results;
  const peaks = { ours: results.peakGflops, peer: results.peerPeakGflops };
  const optimiserMs = optimiserTime(results);
  const blocks = [...guided, { ...small, note: ` (hidden ${smallSize.hiddenDim}, ${smallSize.layerCount} layers)` }];
  return [
    "# Speed",
    "",
    `${results.date.slice(0, 10)}; ${machine.cpu}, ${machine.threads} threads, ${machine.memoryGB} GB; load average ` +
      `${machine.loadAverage.toFixed(1)} (above ${machine.threads}, other work shared the cores); ` +
      Object.entries(versions)
        .map(([name, version]) => `${name} ${version}`)
        .join(", "),
    "",
    `Matrix product peak, 512 x 512 or 1024 x 1024, the best of the whole run: ${peaks.ours.toFixed(0)} GFLOP/s of compiled-cpu` +
      `${peaks.peer ? `, ${peaks.peer.toFixed(0)} of PyTorch` : ""}. Medians of ${repeats} turns of 0.2 s in which compiled engines and peers alternate (eager ones: 3, with compiled-cpu); ` +
      "GFLOP counts the matrix products that each implementation needs (operations.mjs), and the share is that of the fastest " +
      "turn in its own peak (8-bit products have another one). PyTorch is our plain implementation of the same equations (pytorch/): eager, two calls of the network " +
      "per guided evaluation.",
    "",
    "## One guided evaluation, both branches, full size",
    "",
    ...table(
      [...columns, "time / compiled-cpu"],
      blocks.flatMap((block) => rows(block, peaks)),
    ),
    "",
    "## One training step, full size, with Adam",
    "",
    ...table(
      [...columns, "time / compiled-cpu"],
      training.flatMap((block) => rows(block, peaks)),
    ),
    "",
    `Besides its products a step reads each of the ${(results.parameterCount / 1e6).toFixed(1)} million weights with its gradient and two moments, and ` +
      `writes all but the gradient: 28 bytes a weight, at the ${results.bandwidthGBs.toFixed(0)} GB/s that arrays move here ${optimiserMs.toFixed(0)} ms.`,
    "",
    ...limitLines(results, optimiserMs),
    ...samplingLines(sampling),
    "## Start",
    "",
    ...table(
      ["in a fresh process", "ms"],
      [
        ["importing the library", startup.importMs.toFixed(0)],
        ["opening the bundled data set", startup.openDatasetMs.toFixed(0)],
        ...kernelRows(kernel),
      ],
    ),
    "",
    ...footprintLines(results.footprint),
    "eager-cpu is plain loops: at full size one evaluation takes minutes, so it is compared on a small network only.",
    ...unavailable.map((engine) => `${engine.name} is not available here: ${engine.reason}.`),
  ].join("\n");
}

/** Milliseconds that an optimiser's step must take to move its arrays. @param {Results} results */
function optimiserTime({ parameterCount, bandwidthGBs }) {
  return (28 * parameterCount) / bandwidthGBs / 1e6;
}

/**
 * What the needed products at the peak and the optimiser's traffic would take; everything else (SiLU, norms, sines) comes on top.
 * @param {Results} results
 * @param {number} optimiserMs
 */
function limitLines({ guided, training, peakGflops }, optimiserMs) {
  /** @type {(title: string, block: Block, extraMs: number) => string[][]} */
  const line = (title, block, extraMs) => {
    const theirs = block.engines.find(({ engine }) => engine === "pytorch");
    if (!theirs) return [];
    const least = (1000 * block.gflop) / peakGflops + extraMs;
    return [
      [`${title}, ${name(block)}`, least.toFixed(0), (theirs.ms / least).toFixed(1), theirs.timesCompiled.toFixed(1)],
    ];
  };
  const rows = [
    ...guided.flatMap((block) => line("guided evaluation", block, 0)),
    ...training.flatMap((block) => line("training step", block, optimiserMs)),
  ];
  if (rows.length === 0) return [];
  return [
    "## Limits",
    "",
    "What the products that are really needed would take at the peak, with the optimiser's traffic, if nothing else cost anything; and how " +
      "many times faster than PyTorch that would be.",
    "",
    ...table(["", "least ms", "limit", "reached"], rows),
    "",
  ];
}

/** @param {Footprint} [footprint] */
function footprintLines(footprint) {
  if (!footprint) return [];
  const { memoryMB, coldStartMs, streamed, eaten } = footprint;
  const growth = memoryMB[1000] / memoryMB[100];
  return [
    "## Besides the network",
    "",
    ...table(
      ["bundled models and data", ""],
      [
        ["peak memory of 16 crystals, 100 sampler steps", `${memoryMB[100].toFixed(0)} MB`],
        ["the same, 1000 steps", `${memoryMB[1000].toFixed(0)} MB (${growth.toFixed(3)} times)`],
        ["`dosmith generate --count 1` from a cold start, with its report", `${(coldStartMs / 1000).toFixed(1)} s`],
        ["streaming the data set", `${streamed.toFixed(0)} crystals/s`],
        ["training eats", `${eaten.toFixed(0)} crystals/s (${(streamed / eaten).toFixed(0)} times slower)`],
      ],
    ),
    "",
  ];
}

/** @param {Kernel} [kernel] */
function kernelRows(kernel) {
  if (!kernel) return [["the notebook kernel", "not measured: no Jupyter in .venv (npm run lab makes it)"]];
  return [
    ["the notebook kernel, until it answers", kernel.readyMs.toFixed(0)],
    ["a notebook's first cell, which imports the library", kernel.importMs.toFixed(0)],
  ];
}

/** @param {Sampling} [sampling] */
function samplingLines(sampling) {
  if (!sampling) return [];
  const peers = sampling.engines.filter(({ engine }) => !engine.startsWith("compiled"));
  return [
    `## A guided crystal, full size, ${name(sampling)}`,
    "",
    "The fast sampler against a thousand predictor-corrector steps (of which some were timed); models/README.md has the quality of both.",
    "",
    ...table(
      ["engine", "guided evaluations", "ms a crystal", ...peers.map(({ engine }) => `${engine} / it`)],
      sampling.engines.map((row) => [
        row.engine,
        `${row.evaluations}`,
        row.msPerCrystal.toFixed(0),
        ...peers.map(({ msPerCrystal }) => (msPerCrystal / row.msPerCrystal).toFixed(1)),
      ]),
    ),
    "",
  ];
}

/** @param {Block} block @param {Peaks} peaks */
function rows({ note = "", ...block }, peaks) {
  return block.engines.map((row) => {
    const gflop = row.gflop ?? block.gflop;
    return [
      name(block) + note,
      gflop.toFixed(gflop < 1 ? 3 : 1),
      row.engine,
      ...speed(row, gflop, row.plain ? peaks.peer : /-(int8|fp16)$/.test(row.engine) ? undefined : peaks.ours),
      row.timesCompiled.toFixed(2),
    ];
  });
}

/** @param {EngineRow} row @param {number} gflop @param {number | undefined} peakGflops undefined where it has no peak to be held against */
function speed({ ms, fastestMs, gflops }, gflop, peakGflops) {
  const share = peakGflops && gflop / fastestMs / (peakGflops / 1e3);
  return [
    ms.toFixed(ms < 10 ? 2 : 0),
    fastestMs.toFixed(fastestMs < 10 ? 2 : 0),
    gflops.toFixed(1),
    share ? `${(100 * share).toFixed(0)} %` : "–",
  ];
}

/** @param {{ crystals: number, atoms: number }} block */
function name({ crystals, atoms }) {
  return `${crystals} x ${atoms}`;
}

/** @param {string[]} head @param {string[][]} rows */
function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** What README quotes: our times beside PyTorch's. Undefined where there was no peer. @param {Results} results */
export function readmeTable({ guided, training, sampling, machine, peakGflops, peerPeakGflops, parameterCount, date }) {
  if (!peerPeakGflops) return undefined;
  /** @type {(title: string, row: { theirs: number, ours: number, times: number, rounded?: number }) => string[]} */
  const line = (title, { theirs, ours, times, rounded }) => [
    title,
    `${theirs.toFixed(0)} ms`,
    `${ours.toFixed(0)} ms`,
    `**${times.toFixed(1)}**`,
    rounded ? `${rounded.toFixed(1)}` : "–",
  ];
  /** @type {(title: string, block: Block) => string[]} */
  const block = (title, { engines, ...shape }) => {
    const [ours, int8, theirs] = ["compiled-cpu", "compiled-cpu-int8", "pytorch"].map((engine) =>
      engines.find((row) => row.engine === engine),
    );
    if (!ours || !theirs) throw new Error(`${title}, ${name(shape)}: no times of compiled-cpu or of PyTorch`);
    // The median of the turns' ratios, which is not quite that of the medians.
    const times = theirs.timesCompiled;
    const rounded = int8 && times / int8.timesCompiled;
    return line(`${title}, ${name(shape)}`, { theirs: theirs.ms, ours: ours.ms, times, rounded });
  };
  const samplers = sampling?.engines ?? [];
  const crystal = (/** @type {SamplingRow} */ { evaluations, msPerCrystal }) => {
    const theirs = samplers.find(({ engine }) => engine === "pytorch");
    if (!theirs) throw new Error("sampling: no times of PyTorch");
    const int8 = samplers.find((row) => row.engine === "compiled-cpu-int8" && row.evaluations === evaluations);
    const title = `a guided crystal, ${theirs.evaluations} evaluations there, ${evaluations} here`;
    const times = (/** @type {number} */ ms) => theirs.msPerCrystal / ms;
    const row = { theirs: theirs.msPerCrystal, ours: msPerCrystal, times: times(msPerCrystal) };
    return line(title, { ...row, rounded: int8 && times(int8.msPerCrystal) });
  };
  return [
    `${machine.cpu}, ${machine.threads} threads, ${date.slice(0, 10)}; full reference size (${(parameterCount / 1e6).toFixed(1)} million weights); medians of turns of 0.2 s; ` +
      `matrix products reach ${peakGflops.toFixed(0)} GFLOP/s here in onnxruntime and ${peerPeakGflops.toFixed(0)} in PyTorch:`,
    "",
    ...table(
      ["crystals x atoms", "PyTorch", "dosmith", "times faster", "with 8-bit products"],
      [
        ...guided.map((row) => block("guided evaluation", row)),
        ...training.map((row) => block("training step", row)),
        ...samplers.filter(({ engine }) => engine === "compiled-cpu").map(crystal),
      ],
    ),
  ].join("\n");
}

/** Time of one guided evaluation by block and engine, as a Vega-Lite specification. @param {Results} results */
export function chart({ guided, machine }) {
  // Eager engines are so much slower that beside them nothing else could be seen.
  const values = guided.flatMap((block) =>
    block.engines
      .filter(({ engine }) => !engine.startsWith("eager"))
      .map(({ engine, ms }) => ({ block: name(block), engine, ms })),
  );
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    title: { text: "One guided evaluation at full size", subtitle: `${machine.cpu}, ${machine.threads} threads` },
    width: 360,
    height: 220,
    data: { values },
    mark: { type: "bar", tooltip: true },
    encoding: {
      x: { field: "block", type: "nominal", sort: null, title: "crystals x atoms", axis: { labelAngle: 0 } },
      xOffset: { field: "engine", type: "nominal" },
      y: { field: "ms", type: "quantitative", title: "milliseconds" },
      color: { field: "engine", type: "nominal", title: "engine", scale: { range: Object.values(okabeIto) } },
    },
  };
}
