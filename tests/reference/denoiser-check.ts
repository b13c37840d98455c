import * as tf from "@tensorflow/tfjs";
import { cspPredictor, denoiser, encodeCondition, nameTensors, timeEmbedding } from "../../src/model/index.js";
import type { Engine } from "../../src/runtime/index.js";
import type { DenseBlock } from "./blocks.js";
import { denseBlocks, gather, scatter } from "./blocks.js";
import { cleanBlock, crystalEntries } from "./crystals.js";
import type { ReferenceArray } from "./file.js";
import { assertLength, assertShape } from "./file.js";
import { assertTimes, linearCondition, type ReferenceNetwork } from "./network.js";
import { compare, missingEntries, notInFile, type ReferenceRow, tolerances } from "./rows.js";

const branches = ["conditional", "masked", "unconditional"] as const;
const outputs = ["eps_x", "eps_lattice", "eps_type", "node"] as const;

type Output = (typeof outputs)[number];
type Outputs = Record<Output, Float32Array>;

/** The denoiser's outputs with the condition, with the masked condition and without. */
export async function denoiserChecks(
  engine: Engine,
  network: ReferenceNetwork | undefined,
  entry: ReferenceNetwork["file"]["content"]["denoiser"],
): Promise<ReferenceRow[]> {
  const quantities = branches.flatMap((branch) =>
    outputs.map((output) => ({ branch, output, quantity: `denoiser.${branch}.${output}` })),
  );
  if (!entry) return quantities.map(({ quantity }) => notInFile(quantity, engine.name));
  const { num_atoms, t, atom_type, frac_coords, lattice, y, mask } = entry;
  if (!network || !num_atoms || !t || !atom_type || !frac_coords || !lattice || !y) {
    const missing = missingEntries({
      "config or state_dict": network,
      num_atoms,
      t,
      atom_type,
      frac_coords,
      lattice,
      y,
    });
    return quantities.map(({ quantity }) => notInFile(quantity, engine.name, missing));
  }
  const inputs = { num_atoms, t, atom_type, frac_coords, lattice, y, mask };
  assertInputs(network, inputs);
  const found = await evaluate(engine, network, inputs);
  return quantities.map(({ branch, output, quantity }) => {
    const expected = entry[branch]?.[output];
    if (!expected) return notInFile(quantity, engine.name);
    if (branch === "masked" && !mask) return notInFile(quantity, engine.name, ["denoiser.mask"]);
    const values = found[branch][output];
    assertShape(network.file, quantity, expected, [rowCount(inputs, output), ...outputShape(network, output)]);
    return compare(quantity, engine.name, values, expected.data, tolerances.forward);
  });
}

interface DenoiserInputs {
  readonly num_atoms: readonly number[];
  readonly t: readonly number[];
  readonly atom_type: ReferenceArray;
  readonly frac_coords: ReferenceArray;
  readonly lattice: ReferenceArray;
  readonly y: ReferenceArray;
  readonly mask?: ReferenceArray;
}

function assertInputs(
  network: ReferenceNetwork,
  { num_atoms, t, atom_type, frac_coords, lattice, y, mask }: DenoiserInputs,
): void {
  const { file, config } = network;
  const atoms = num_atoms.reduce((a, b) => a + b, 0);
  assertLength(file, "denoiser.t", t, num_atoms.length);
  assertTimes(network, "denoiser.t", t);
  assertShape(file, "denoiser.atom_type", atom_type, [atoms, config.classCount]);
  assertShape(file, "denoiser.frac_coords", frac_coords, [atoms, 3]);
  assertShape(file, "denoiser.lattice", lattice, [num_atoms.length, 3, 3]);
  assertShape(file, "denoiser.y", y, [atoms, config.dosPoints]);
  if (mask) assertShape(file, "denoiser.mask", mask, [atoms, 1]);
}

/** All branches at once, block by block, put together as the ragged batch has them. */
async function evaluate(
  engine: Engine,
  network: ReferenceNetwork,
  inputs: DenoiserInputs,
): Promise<Record<(typeof branches)[number], Outputs>> {
  const empty = (): Outputs => {
    const size = (output: Output): number =>
      outputShape(network, output).reduce((a, b) => a * b, rowCount(inputs, output));
    return Object.fromEntries(outputs.map((output) => [output, new Float32Array(size(output))])) as Outputs;
  };
  const all = { conditional: empty(), masked: empty(), unconditional: empty() };
  for (const block of denseBlocks(inputs.num_atoms)) {
    const values = await evaluateBlock(engine, network, inputs, block);
    outputs.forEach((output, k) =>
      branches.forEach((branch, r) => {
        const size = values[k].length / branches.length;
        const rows = output === "eps_lattice" ? block.crystals : block.atoms;
        scatter(all[branch][output], rows, values[k].subarray(r * size, (r + 1) * size));
      }),
    );
  }
  return all;
}

/** Outputs of a block, each [branches, rows, ...]. */
async function evaluateBlock(
  engine: Engine,
  network: ReferenceNetwork,
  inputs: DenoiserInputs,
  block: DenseBlock,
): Promise<Float32Array[]> {
  const { config, parameters } = network;
  const [B, N] = [block.crystals.length, block.atomsPerCrystal];
  const { classCount: C, dosPoints: E, timeDim } = config;
  const shapes = [
    [B, N, C],
    [B, N, 3],
    [B, 3, 3],
    [B, timeDim],
    [B, 2],
    [B, N, E],
    [B, N, 1],
    [B, N, 1],
    [B, E],
    [B, E],
    [B, 1],
  ];
  const program = await engine.compile({
    name: `reference denoiser, ${B} x ${N}`,
    inputs: shapes.map((shape) => ({ shape })),
    constants: [...parameters.values()],
    fn: (...tensors) => {
      const p = nameTensors(parameters, tensors.slice(shapes.length));
      const [types, fracCoords, lattice, time, signal, siteDos, allSites, siteMask, energyMask, totalDos, totalMask] =
        tensors;
      const encode = (mask: tf.Tensor): tf.Tensor =>
        encodeCondition(p, config, { siteDos, siteMask: mask, energyMask, totalDos, totalMask });
      const noisy = { types, fracCoords, lattice, timeEmbedding: time, signal };
      const out = denoiser(p, config, noisy, [encode(allSites), encode(siteMask), null]);
      const node = tf.matMul(
        out.nodes.reshape([-1, config.hiddenDim]),
        p.get("node_out.weight") as tf.Tensor2D,
        false,
        true,
      );
      return [out.fracCoords, out.lattice, out.types, node];
    },
  });
  const times = block.crystals.map((i) => inputs.t[i]);
  const allSites = new Float32Array(B * N).fill(1);
  const siteMask = inputs.mask ? gather(inputs.mask, block.atoms) : allSites;
  const condition = linearCondition(gather(inputs.y, block.atoms), siteMask, B, E);
  const values = await program.run([
    gather(inputs.atom_type, block.atoms),
    gather(inputs.frac_coords, block.atoms),
    gather(inputs.lattice, block.crystals),
    timeEmbedding(times, timeDim),
    new Float32Array(2 * B),
    ...[condition.siteDos, allSites, condition.siteMask, condition.energyMask, condition.totalDos, condition.totalMask],
  ]);
  program.dispose();
  return values as Float32Array[];
}

/** Lattices have a row per crystal, everything else one per atom. */
function rowCount({ num_atoms, y }: DenoiserInputs, output: Output): number {
  return output === "eps_lattice" ? num_atoms.length : y.shape[0];
}

/** Shape of an output without its first axis. */
function outputShape({ config }: ReferenceNetwork, output: Output): number[] {
  return { eps_x: [3], eps_lattice: [3, 3], eps_type: [config.classCount], node: [config.dosPoints] }[output];
}

/** The forward DOS model, and its L1 distance from the file's y. */
export async function dosPredictionChecks(
  engine: Engine,
  network: ReferenceNetwork | undefined,
  content: ReferenceNetwork["file"]["content"],
): Promise<ReferenceRow[]> {
  const quantities = ["dos_prediction.node", "dos_prediction.l1_loss_against_y"] as const;
  const entry = content.dos_prediction;
  if (!entry) return quantities.map((quantity) => notInFile(quantity, engine.name));
  const clean = crystalEntries(entry);
  if (!network || !clean.entries) {
    const missing = [...missingEntries({ "config or state_dict": network }), ...clean.missing];
    return quantities.map((quantity) => notInFile(quantity, engine.name, missing));
  }
  const { file, config } = network;
  const atoms = clean.entries.atomic_number.length;
  const found = new Float32Array(atoms * config.dosPoints);
  for (const block of denseBlocks(clean.entries.num_atoms)) {
    scatter(
      found,
      block.atoms,
      await predictBlock(engine, network, cleanBlock(network, "dos_prediction", clean.entries, block), block),
    );
  }
  const y = entry.y ?? content.denoiser?.y ?? content.training_loss?.y;
  if (entry.node) assertShape(file, quantities[0], entry.node, [atoms, config.dosPoints]);
  if (y) assertShape(file, "y of dos_prediction", y, [atoms, config.dosPoints]);
  return [
    entry.node
      ? compare(quantities[0], engine.name, found, entry.node.data, tolerances.forward)
      : notInFile(quantities[0], engine.name),
    entry.l1_loss_against_y !== undefined && y
      ? compare(
          quantities[1],
          engine.name,
          [meanDistance(found, y.data)],
          [entry.l1_loss_against_y],
          tolerances.forward,
        )
      : notInFile(quantities[1], engine.name, missingEntries({ y })),
  ];
}

async function predictBlock(
  engine: Engine,
  { config, parameters }: ReferenceNetwork,
  { types, fracCoords, lattice }: { types: Float32Array; fracCoords: Float32Array; lattice: Float32Array },
  block: DenseBlock,
): Promise<Float32Array> {
  const [B, N] = [block.crystals.length, block.atomsPerCrystal];
  const program = await engine.compile({
    name: `reference DOS prediction, ${B} x ${N}`,
    inputs: [
      [B, N, config.classCount],
      [B, N, 3],
      [B, 3, 3],
    ].map((shape) => ({ shape })),
    constants: [...parameters.values()],
    fn: (t, x, l, ...weights) => [
      cspPredictor(nameTensors(parameters, weights), config, { types: t, fracCoords: x, lattice: l }),
    ],
  });
  const [values] = await program.run([types, fracCoords, lattice]);
  program.dispose();
  return values as Float32Array;
}

function meanDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / a.length;
}
