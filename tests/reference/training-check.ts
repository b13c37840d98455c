import type { LossCosts } from "../../src/diffusion/index.js";
import { corrupt, lossCounts } from "../../src/diffusion/index.js";
import type { DenoiserConfig, Parameters } from "../../src/model/index.js";
import { denoiserPieces, timeEmbedding } from "../../src/model/index.js";
import type { Engine, Program } from "../../src/runtime/index.js";
import { denoiserLoss } from "../../src/train/denoiser-task.js";
import {
  adam,
  type Arrays,
  copyParameters,
  startOptimiser,
  type StepArrays,
  type TaskBlock,
  TrainingStep,
} from "../../src/train/index.js";
import { taskSources } from "../../src/train/task.js";
import type { DenseBlock } from "./blocks.js";
import { denseBlocks, gather } from "./blocks.js";
import { cleanBlock, type CrystalEntries, crystalEntries } from "./crystals.js";
import type { ReferenceArray, ReferenceFile } from "./file.js";
import { assertLength, assertShape } from "./file.js";
import { assertTimes, linearCondition, type ReferenceNetwork, referenceSchedule } from "./network.js";
import { compare, missingEntries, notInFile, type ReferenceRow, tolerances } from "./rows.js";

const lossNames = ["loss", "loss_type", "loss_coord", "loss_lattice"] as const;

/** The training loss with its parts, every gradient, and Adam's steps on the same batch. */
export async function trainingChecks(
  engine: Engine,
  network: ReferenceNetwork | undefined,
  content: ReferenceFile["content"],
): Promise<ReferenceRow[]> {
  const missing = missingForTraining(network, content);
  if (!network || !content.training_loss || missing.length > 0) return absentRows(engine, content, missing);
  const batch = await prepareBatch(engine, network, content.training_loss as TrainingEntries);
  const first = await batch.step(batch.parameters);
  const rows = [
    ...lossRows(engine, content, first),
    ...gradientRows(engine, network, content, first.gradients),
    ...(await adamRows(engine, network, content, batch)),
  ];
  batch.dispose();
  return rows;
}

/** The inputs of the loss, all there. */
interface TrainingEntries extends CrystalEntries {
  readonly t: readonly number[];
  readonly y: ReferenceArray;
  readonly noise_lattice: ReferenceArray;
  readonly noise_x: ReferenceArray;
  readonly noise_type: ReferenceArray;
  readonly sigma_x_norm_used?: ReferenceArray;
}

/** A training step's numbers: unweighted parts in the order types, coordinates, lattice. */
interface StepResult {
  readonly loss: number;
  readonly parts: readonly number[];
  readonly gradients: Arrays;
}

/** The batch of the file as compiled blocks. */
interface Batch {
  readonly parameters: Parameters;
  readonly blocks: readonly TaskBlock[];
  readonly costs: readonly number[];
  step(parameters: Parameters): Promise<StepResult>;
  dispose(): void;
}

function missingForTraining(
  network: ReferenceNetwork | undefined,
  { training_loss: entry }: ReferenceFile["content"],
): string[] {
  if (!entry) return ["training_loss"];
  const { t, y, noise_lattice, noise_x, noise_type } = entry;
  return missingEntries({ "config or state_dict": network, t, y, noise_lattice, noise_x, noise_type }).concat(
    crystalEntries(entry).missing,
  );
}

function absentRows(
  engine: Engine,
  { training_loss: entry }: ReferenceFile["content"],
  missing: readonly string[],
): ReferenceRow[] {
  const quantities = [...lossNames.map((name) => `training_loss.${name}`), "training_loss.grad", "adam_three_steps"];
  return quantities.map((quantity) =>
    notInFile(quantity, engine.name, entry || quantity === "adam_three_steps" ? missing : []),
  );
}

async function prepareBatch(engine: Engine, network: ReferenceNetwork, entries: TrainingEntries): Promise<Batch> {
  assertEntries(network, entries);
  const { config, reference } = network;
  // The DOS head takes no part in the loss: it has no gradient.
  const parameters: Parameters = new Map([...network.parameters].filter(([name]) => name !== "node_out.weight"));
  const costs: LossCosts = {
    types: reference.cost_type,
    fracCoords: reference.cost_coord,
    lattice: reference.cost_lattice,
  };
  const weights = partWeights(config, entries);
  const { gradientProgram } = taskSources(parameters);
  const programs: Program[] = [];
  const blocks: TaskBlock[] = [];
  for (const block of denseBlocks(entries.num_atoms)) {
    const [B, N] = [block.crystals.length, block.atomsPerCrystal];
    const loss = denoiserLoss(config, B, N);
    programs.push(await engine.compile(gradientProgram(`reference loss, ${B} x ${N}`, loss)));
    const scaled = weights.map((w, k) => w * Object.values(costs)[k]);
    blocks.push({ key: `${B} x ${N}`, loss, inputs: blockInputs(network, entries, block, scaled) });
  }
  return {
    parameters,
    blocks,
    costs: Object.values(costs),
    async step(current) {
      const weighted = [0, 0, 0];
      const gradients = new Map([...current].map(([name, { data }]) => [name, new Float32Array(data.length)]));
      for (const [i, { inputs }] of blocks.entries()) {
        const [parts, ...blockGradients] = await programs[i].run([
          ...[...current.values()].map(({ data }) => data),
          ...inputs,
        ]);
        parts.forEach((value, k) => (weighted[k] += value));
        [...gradients.values()].forEach((sum, i) => blockGradients[i].forEach((value, k) => (sum[k] += value)));
      }
      const parts = weighted.map((value, k) => value / Object.values(costs)[k]);
      return { loss: weighted.reduce((a, b) => a + b, 0), parts, gradients };
    },
    dispose: () => programs.forEach((program) => program.dispose()),
  };
}

/** One over the number of entries of each field in the whole ragged batch. */
function partWeights(config: DenoiserConfig, { num_atoms, atomic_number }: TrainingEntries): number[] {
  const counts = lossCounts(num_atoms.length, atomic_number.length, config.classCount, false);
  return [1 / counts.types, 1 / counts.fracCoords, 1 / counts.lattice];
}

/** In the order of `denoiserLoss`. */
function blockInputs(
  network: ReferenceNetwork,
  entries: TrainingEntries,
  block: DenseBlock,
  weights: readonly number[],
): Float32Array[] {
  const { config } = network;
  const schedule = referenceSchedule(network, "training_loss", entries.sigma_x_norm_used);
  const clean = cleanBlock(network, "training_loss", entries, block);
  const times = block.crystals.map((i) => entries.t[i]);
  const noise = {
    types: gather(entries.noise_type, block.atoms),
    fracCoords: gather(entries.noise_x, block.atoms),
    lattice: gather(entries.noise_lattice, block.crystals),
  };
  const { state, targets } = corrupt(clean, schedule, times, noise);
  const signal = times.flatMap((t) => [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])]);
  const condition = linearCondition(
    gather(entries.y, block.atoms),
    new Float32Array(block.atoms.length).fill(1),
    times.length,
    config.dosPoints,
  );
  return [
    ...[state.types, state.fracCoords, state.lattice, timeEmbedding(times, config.timeDim), Float32Array.from(signal)],
    ...[condition.siteDos, condition.siteMask, condition.energyMask, condition.totalDos, condition.totalMask],
    ...[targets.types, targets.fracCoords, targets.lattice, clean.types, Float32Array.from(weights)],
  ];
}

function assertEntries(network: ReferenceNetwork, entries: TrainingEntries): void {
  const { file, config } = network;
  const [atoms, crystals] = [entries.atomic_number.length, entries.num_atoms.length];
  assertLength(file, "training_loss.t", entries.t, crystals);
  assertTimes(network, "training_loss.t", entries.t);
  assertShape(file, "training_loss.y", entries.y, [atoms, config.dosPoints]);
  assertShape(file, "training_loss.noise_lattice", entries.noise_lattice, [crystals, 3, 3]);
  assertShape(file, "training_loss.noise_x", entries.noise_x, [atoms, 3]);
  assertShape(file, "training_loss.noise_type", entries.noise_type, [atoms, config.classCount]);
}

function lossRows(
  engine: Engine,
  { training_loss: entry }: ReferenceFile["content"],
  { loss, parts }: StepResult,
): ReferenceRow[] {
  const found = [loss, ...parts];
  return lossNames.map((name, k) => {
    const [quantity, expected] = [`training_loss.${name}`, entry?.[name]];
    return expected === undefined
      ? notInFile(quantity, engine.name)
      : compare(quantity, engine.name, [found[k]], [expected], tolerances.forward);
  });
}

/** One row per parameter; the reference has null, or no entry, where there is no gradient. */
function gradientRows(
  engine: Engine,
  { file, parameters, prefix }: ReferenceNetwork,
  { training_loss: entry }: ReferenceFile["content"],
  gradients: Arrays,
): ReferenceRow[] {
  const expected = entry?.grad;
  if (!expected) return [notInFile("training_loss.grad", engine.name)];
  assertKnown(file, "training_loss.grad", Object.keys(expected), parameters, prefix);
  return [...parameters].flatMap(([name, { shape, data }]) => {
    const quantity = `training_loss.grad.${name}`;
    const values = expected[prefix + name];
    const found = gradients.get(name) ?? new Float32Array(data.length);
    if (values === undefined) return gradients.has(name) ? [notInFile(quantity, engine.name)] : [];
    if (values === null)
      return [compare(quantity, engine.name, found, new Float32Array(data.length), tolerances.gradient)];
    assertShape(file, quantity, values, shape);
    return [compare(quantity, engine.name, found, values.data, tolerances.gradient)];
  });
}

async function adamRows(
  engine: Engine,
  { file, config, parameters, prefix }: ReferenceNetwork,
  { adam_three_steps: entry }: ReferenceFile["content"],
  batch: Batch,
): Promise<ReferenceRow[]> {
  if (!entry?.loss_before_each_step)
    return [
      notInFile(
        "adam_three_steps",
        engine.name,
        missingEntries({ loss_before_each_step: entry?.loss_before_each_step }),
      ),
    ];
  const optimiser = adam({ beta1: entry.betas[0], beta2: entry.betas[1], epsilon: entry.eps });
  const rule = { optimiser, clip: { by: "value", limit: entry.clip_value }, emaDecay: 0 } as const;
  const stepper = new TrainingStep(
    engine,
    { name: "reference", trained: [...batch.parameters.keys()], pieces: denoiserPieces(config) },
    rule,
  );
  const start = copyParameters(batch.parameters);
  let state: StepArrays = {
    parameters: start,
    average: copyParameters(start),
    optimiser: startOptimiser(optimiser, start),
  };
  const losses: number[] = [];
  for (let step = 1; step <= entry.loss_before_each_step.length; step++) {
    const { parts, arrays } = await stepper.run(state, batch.blocks, step, entry.lr);
    losses.push(parts.reduce((a, b) => a + b, 0));
    state = arrays;
  }
  stepper.dispose();
  const current = state.parameters;
  const lossRow = compare(
    "adam_three_steps.loss_before_each_step",
    engine.name,
    losses,
    entry.loss_before_each_step,
    tolerances.forward,
  );
  if (!entry.after) return [lossRow, notInFile("adam_three_steps.after", engine.name)];
  assertKnown(file, "adam_three_steps.after", Object.keys(entry.after), parameters, prefix);
  const after = Object.entries(entry.after).map(([key, values]) => {
    const name = key.slice(prefix.length);
    const { shape, data } = current.get(name) ?? parameters.get(name)!;
    assertShape(file, `adam_three_steps.after.${key}`, values, shape);
    return compare(`adam_three_steps.after.${name}`, engine.name, data, values.data, tolerances.gradient);
  });
  return [lossRow, ...after];
}

function assertKnown(
  file: ReferenceFile,
  entry: string,
  keys: readonly string[],
  parameters: Parameters,
  prefix: string,
): void {
  const unknown = keys.find((key) => !key.startsWith(prefix) || !parameters.has(key.slice(prefix.length)));
  if (unknown !== undefined)
    throw new Error(`${file.fileName}: entry ${entry}: expected names of parameters, found ${unknown}`);
}
