import { okabeIto } from "../dist/notebook/index.js";

/**
 * The reference implementation (PyTorch, 2 cores of one AMD EPYC machine whose matrix products reach 136 GFLOP/s), in
 * milliseconds. Measured on another day than the rest; there, one guided evaluation is two calls of the network.
 */
const peer = {
  guided: { "8 x 8": 133, "32 x 8": 391, "16 x 16": 523, "64 x 4": 167 },
  training: { "8 x 8": 498, "32 x 8": 979 },
};

const columns = ["crystals x atoms", "GFLOP", "engine", "ms", "fastest, ms", "GFLOP/s", "share of peak"];

/** The results for people. */
export function markdown(results) {
  const { machine, versions, guided, small, training, startup, kernel, peakGflops, repeats, unavailable, smallSize } =
    results;
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
    `Matrix product peak of compiled-cpu, 1024 x 1024: ${peakGflops.toFixed(0)} GFLOP/s, the best of the whole run. Medians of ` +
      `${repeats} runs in which the engines take turns; GFLOP counts matrix products only (operations.mjs), and the share of the ` +
      "peak is that of the fastest run.",
    "",
    "## One guided evaluation, both branches, full size",
    "",
    ...table(
      [...columns, "time / compiled-cpu", "PyTorch, ms (*)"],
      blocks.flatMap((block) => guidedRows(block, peakGflops)),
    ),
    "",
    "## One training step, full size, with Adam",
    "",
    ...table(
      [...columns, "PyTorch, ms (*)"],
      training.map((block) => [
        name(block),
        block.gflop.toFixed(1),
        block.engine,
        ...speed(block, block.gflop, peakGflops),
        peer.training[name(block)],
      ]),
    ),
    "",
    "(*) The reference implementation on 2 cores of an AMD EPYC machine with a peak of 136 GFLOP/s, on another day.",
    "",
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
    "eager-cpu is plain loops: at full size one evaluation takes minutes, so it is compared on a small network only.",
    ...unavailable.map((engine) => `${engine.name} is not available here: ${engine.reason}.`),
  ].join("\n");
}

function kernelRows(kernel) {
  if (!kernel) return [["the notebook kernel", "not measured: no Jupyter in .venv (npm run lab makes it)"]];
  return [
    ["the notebook kernel, until it answers", kernel.readyMs.toFixed(0)],
    ["a notebook's first cell, which imports the library", kernel.importMs.toFixed(0)],
  ];
}

function guidedRows({ note = "", ...block }, peakGflops) {
  return block.engines.map((row) => [
    name(block) + note,
    block.gflop.toFixed(block.gflop < 1 ? 3 : 1),
    row.engine,
    ...speed(row, block.gflop, peakGflops),
    row.timesCompiled.toFixed(2),
    note === "" && row.engine === "compiled-cpu" ? peer.guided[name(block)] : "",
  ]);
}

function speed({ ms, fastestMs, gflops }, gflop, peakGflops) {
  const share = gflop / fastestMs / (peakGflops / 1e3);
  return [
    ms.toFixed(ms < 10 ? 2 : 0),
    fastestMs.toFixed(fastestMs < 10 ? 2 : 0),
    gflops.toFixed(1),
    `${(100 * share).toFixed(0)} %`,
  ];
}

function name({ crystals, atoms }) {
  return `${crystals} x ${atoms}`;
}

function table(head, rows) {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Time of one guided evaluation by block and engine, as a Vega-Lite specification. */
export function chart({ guided, machine }) {
  const values = guided.flatMap((block) => block.engines.map(({ engine, ms }) => ({ block: name(block), engine, ms })));
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
