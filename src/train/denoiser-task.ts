import type * as tf from "@tensorflow/tfjs";
import type { ConditionBlock, DiffusionState, Field, LossCosts, Schedule } from "../diffusion/index.js";
import { corrupt, lossCounts, lossSums, streamNoise } from "../diffusion/index.js";
import type { DosScaler } from "../data/index.js";
import { concatenate, standardise } from "../data/index.js";
import type { DenoiserConfig, Parameters, ParameterTensors } from "../model/index.js";
import { denoiser, denoiserPieces, encodeCondition, encodeLattice, timeEmbedding } from "../model/index.js";
import { key } from "../runtime/index.js";
import type { AugmentOptions, ConditionRow } from "./augment.js";
import { augmentCondition, draws, strainLattice, wholeCondition } from "./augment.js";
import { groupBySize, stratifiedBatches } from "./batches.js";
import type { Example } from "./examples.js";
import type { TaskBlock, TensorFunction, TrainingTask } from "./task.js";
import { taskSources } from "./task.js";

export interface DenoiserTaskOptions {
  readonly config: DenoiserConfig;
  readonly schedule: Schedule;
  readonly initial: Parameters;
  readonly training: readonly Example[];
  readonly validation: readonly Example[];
  readonly batchSize: number;
  readonly costs: LossCosts;
  readonly augment: AugmentOptions;
  readonly seed: number;
  /** Needed by the `linear` encoder, whose condition is standardised. */
  readonly scaler?: DosScaler;
}

/** Noise levels at which each validation crystal is judged; fixed, so that validations compare. */
const validationLevels = 8;

/** Training of a conditional denoiser: DOSMatGen's loss over randomly noised crystals. */
export function denoiserTask(options: DenoiserTaskOptions): TrainingTask {
  const { training, validation, seed, config } = options;
  const batches = stratifiedBatches(
    training.map((e) => e.atoms),
    options.batchSize,
    seed,
  );
  return {
    name: "denoiser",
    initial: options.initial,
    pieces: denoiserPieces(config),
    partNames: ["types", "fracCoords", "lattice"],
    // The reference keeps a DOS head in the denoiser, which its loss does not see.
    ...taskSources(
      options.initial,
      [...options.initial.keys()].filter((name) => name !== "node_out.weight"),
    ),
    batch: (step) => {
      const blocks = batches(step).map(({ indices }) => indices.map((i) => training[i]));
      let slot = 0;
      return buildBlocks(options, blocks, (example) => trainingRow(example, options, slot++, step));
    },
    validation: () => {
      const groups = [...groupBySize(validation.map((e) => e.atoms)).values()];
      const blocks = groups.map((indices) =>
        indices.flatMap((i) => Array<Example>(validationLevels).fill(validation[i])),
      );
      let slot = 0;
      return buildBlocks(options, blocks, (example) => validationRow(example, slot++, config.timesteps));
    },
  };
}

/** One crystal of a batch before noise: its arrays, condition, time index and noise stream. */
interface Row {
  readonly example: Example;
  readonly lattice: Float32Array;
  readonly condition: ConditionRow;
  readonly time: number;
  readonly seed: number;
  readonly stream: number;
  readonly step: number;
}

function trainingRow(
  example: Example,
  { augment, config, seed }: DenoiserTaskOptions,
  stream: number,
  step: number,
): Row {
  const own = key(seed).fold(stream, step);
  const [u] = own.fold(draws.time).uniforms(1);
  return {
    example,
    lattice: strainLattice(example.lattice, augment.strain, own),
    condition: augmentCondition(example, augment, own),
    time: 1 + Math.floor(u * config.timesteps),
    seed,
    stream,
    step,
  };
}

function validationRow(example: Example, slot: number, timesteps: number): Row {
  const level = (slot % validationLevels) + 0.5;
  const time = Math.max(1, Math.round((level / validationLevels) * timesteps));
  return {
    example,
    lattice: example.lattice,
    condition: wholeCondition(example),
    time,
    seed: 0x5eed,
    stream: slot,
    step: 0,
  };
}

/** Blocks of one batch; every mean divides by the whole batch's counts. */
function buildBlocks(
  options: DenoiserTaskOptions,
  blocks: readonly (readonly Example[])[],
  row: (example: Example) => Row,
): TaskBlock[] {
  const { config, costs } = options;
  const crystals = blocks.flat();
  const atoms = crystals.reduce((sum, { atoms: n }) => sum + n, 0);
  const counts = lossCounts(crystals.length, atoms, config.classCount, config.typeOutput === "element");
  const weights = Float32Array.of(
    costs.types / counts.types,
    costs.fracCoords / counts.fracCoords,
    costs.lattice / counts.lattice,
  );
  return blocks.map((examples) => denoiserBlock(options, examples.map(row), weights));
}

function denoiserBlock(options: DenoiserTaskOptions, rows: readonly Row[], weights: Float32Array): TaskBlock {
  const { config, schedule } = options;
  const [B, N] = [rows.length, rows[0].example.atoms];
  const clean = cleanState(rows, config);
  const times = rows.map((r) => r.time);
  const draw = (field: Field): Float32Array =>
    concatenate(
      rows.map((r) => streamNoise(r.seed, [r.stream], { ...clean, batchSize: 1 })(field, r.step, "predictor")),
    );
  const noise = { types: draw("types"), fracCoords: draw("fracCoords"), lattice: draw("lattice") };
  const { state, targets } = corrupt(clean, schedule, times, noise);
  const signal = Float32Array.from(
    times.flatMap((t) => [Math.sqrt(schedule.alphasCumprod[t]), Math.sqrt(1 - schedule.alphasCumprod[t])]),
  );
  const condition = conditionArrays(
    rows.map((r) => r.condition),
    config,
    options.scaler,
  );
  return {
    key: `${B} x ${N}`,
    loss: denoiserLoss(config, B, N),
    inputs: [
      ...[state.types, state.fracCoords, state.lattice, timeEmbedding(times, config.timeDim), signal],
      ...[condition.siteDos, condition.siteMask, condition.energyMask, condition.totalDos, condition.totalMask],
      ...[targets.types, targets.fracCoords, latticeTarget(clean, noise.lattice, signal, config), clean.types, weights],
    ],
  };
}

/**
 * What the lattice head is compared with: the noise, or for a metric its velocity, which has a gradient at every noise
 * level (the error of the noise that follows from it is sqrt(ab) times as large: nothing where all is noise).
 */
function latticeTarget(
  { lattice: clean }: DiffusionState,
  noise: Float32Array,
  signal: Float32Array,
  { latticeSpace }: DenoiserConfig,
): Float32Array {
  if (latticeSpace === "matrix") return noise;
  const velocity = (i: number): number => {
    const crystal = Math.floor(i / 9);
    return signal[2 * crystal] * noise[i] - signal[2 * crystal + 1] * clean[i];
  };
  return noise.map((_, i) => {
    const [row, column] = [Math.floor((i % 9) / 3), i % 3];
    const mirrored = i - (i % 9) + 3 * column + row;
    return (velocity(i) + velocity(mirrored)) / 2;
  });
}

/** The loss of a block as a tensor function of its inputs, in the order of `denoiserBlock`. */
export function denoiserLoss(config: DenoiserConfig, B: number, N: number): TensorFunction {
  const { classCount: C, dosPoints: E, timeDim } = config;
  const state = [
    [B, N, C],
    [B, N, 3],
    [B, 3, 3],
    [B, timeDim],
    [B, 2],
  ];
  const condition = [
    [B, N, E],
    [B, N, 1],
    [B, E],
    [B, E],
    [B, 1],
  ];
  const target = [[B, N, C], [B, N, 3], [B, 3, 3], [B, N, C], [3]];
  return {
    inputs: [...state, ...condition, ...target].map((shape) => ({ shape })),
    parts: (p, inputs) => blockLoss(p, config, inputs),
  };
}

function blockLoss(p: ParameterTensors, config: DenoiserConfig, inputs: readonly tf.Tensor[]): tf.Tensor {
  const [types, fracCoords, lattice, embedding, signal] = inputs;
  const [siteDos, siteMask, energyMask, totalDos, totalMask] = inputs.slice(5);
  const [typeNoise, score, latticeTruth, classes, weights] = inputs.slice(10);
  const encoded = encodeCondition(p, config, { siteDos, siteMask, energyMask, totalDos, totalMask });
  const prediction = denoiser(p, config, { types, fracCoords, lattice, timeEmbedding: embedding, signal }, [encoded]);
  const compared = { ...prediction, lattice: prediction.latticeVelocity ?? prediction.lattice };
  const targets = { types: typeNoise, fracCoords: score, lattice: latticeTruth };
  return lossSums(compared, targets, prediction.logits && classes).mul(weights);
}

function cleanState(rows: readonly Row[], config: DenoiserConfig): DiffusionState {
  return {
    batchSize: rows.length,
    atomsPerCrystal: rows[0].example.atoms,
    classCount: config.classCount,
    types: concatenate(rows.map((r) => r.example.types)),
    fracCoords: concatenate(rows.map((r) => r.example.fracCoords)),
    lattice: concatenate(rows.map((r) => encodeLattice(r.lattice, r.example.atoms, config))),
  };
}

/** Rows of conditions as one block; the `linear` encoder gets standardised spectra. */
export function conditionArrays(
  rows: readonly ConditionRow[],
  { encoder }: DenoiserConfig,
  scaler?: DosScaler,
): ConditionBlock {
  const siteDos = concatenate(rows.map((r) => r.siteDos));
  if (encoder === "linear" && !scaler) throw new Error("denoiser: the linear encoder needs the data set's scaler");
  return {
    siteDos: encoder === "linear" ? standardise(siteDos, scaler!) : siteDos,
    siteMask: concatenate(rows.map((r) => r.siteMask)),
    energyMask: concatenate(rows.map((r) => r.energyMask)),
    totalDos: concatenate(rows.map((r) => r.totalDos)),
    totalMask: concatenate(rows.map((r) => r.totalMask)),
  };
}
