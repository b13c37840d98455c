// Speed of the engines: node bench/run.mjs [engine ...]   (after npm run build)
import { performance } from "node:perf_hooks";
import * as tf from "@tensorflow/tfjs";
import { availableBackends, createEngine, measureEngine } from "../dist/runtime/index.js";

/** @typedef {import("../dist/runtime/index.js").ProgramSource} ProgramSource */
/** @typedef {import("../dist/runtime/index.js").Engine} Engine */

const rows = 512;
const width = 512;

/** Three layers of width 512 on 512 rows: about the arithmetic of a message-passing layer. */
const network = (x, ...weights) => weights.reduce((h, w) => ((y) => tf.mul(y, tf.sigmoid(y)))(tf.matMul(h, w)), x);
const loss = (x, ...weights) => tf.mean(tf.square(network(x, ...weights)));
const square = {
  shape: [width, width],
  data: Float32Array.from({ length: width * width }, (_, i) => Math.sin(i) / 16),
};
const input = Float32Array.from({ length: rows * width }, (_, i) => Math.cos(i));
const weights = [square, square, square];

/** @type {{ source: ProgramSource, inputs: Float32Array[], operations: number }[]} */
const programs = [
  {
    source: {
      name: "forward",
      fn: (...xs) => [network(...xs)],
      inputs: [{ shape: [rows, width] }],
      constants: weights,
    },
    inputs: [input],
    operations: 2 * 3 * rows * width ** 2,
  },
  {
    source: {
      name: "forward + backward",
      fn: (x, ...ws) => tf.grads((...given) => loss(x, ...given))(ws),
      inputs: [{ shape: [rows, width] }, ...weights],
    },
    inputs: [input, ...weights.map(({ data }) => data)],
    operations: 2 * (3 * 3 - 1) * rows * width ** 2,
  },
];

/** @param {Engine} engine @param {ProgramSource} source @param {Float32Array[]} inputs */
async function medianTime(engine, source, inputs, repeats = 9) {
  const program = await engine.compile(source);
  await program.run(inputs);
  const times = [];
  for (let i = 0; i < repeats; i++) {
    const start = performance.now();
    await program.run(inputs);
    times.push(performance.now() - start);
  }
  program.dispose();
  return times.sort((a, b) => a - b)[repeats >> 1];
}

const asked = process.argv.slice(2);
for (const { name, available, reason } of await availableBackends()) {
  // Plain loops take minutes: measured only when asked for.
  if (asked.length > 0 ? !asked.includes(name) : name === "eager-cpu") continue;
  if (!available) {
    console.log(`${name}: not available (${reason})`);
    continue;
  }
  const engine = await createEngine(name);
  console.log(`${name}: matrix product peak ${(await measureEngine(engine)).toFixed(1)} GFLOP/s`);
  for (const { source, inputs, operations } of programs) {
    const time = await medianTime(engine, source, inputs);
    console.log(`  ${source.name}: median ${time.toFixed(1)} ms, ${(operations / (time * 1e6)).toFixed(1)} GFLOP/s`);
  }
  engine.dispose();
}
