import type { DiffusionState, NoiseSource, Schedule } from "../../src/diffusion/index.js";
import { argmaxTypes, blockNetwork, guidedDenoiser, predictorCorrector, sample } from "../../src/diffusion/index.js";
import type { Engine } from "../../src/runtime/index.js";
import type { DenseBlock } from "./blocks.js";
import { denseBlocks, gather, scatter } from "./blocks.js";
import type { ReferenceArray, ReferenceFile, ReferenceSample } from "./file.js";
import { assertLength, assertShape } from "./file.js";
import { linearCondition, type ReferenceNetwork, referenceSchedule } from "./network.js";
import { judge, largest, missingEntries, notInFile, relativeError, type ReferenceRow, tolerances } from "./rows.js";

const entryNames = ["cfg_sample", "masked_cfg_sample"] as const;
type EntryName = (typeof entryNames)[number];
const quantities = ["frac_coords_by_step", "lattice_by_step", "final_atomic_number"] as const;

/** Both guided trajectories with the recorded noise: every step, and the elements at the end. */
export async function samplingChecks(
  engine: Engine,
  network: ReferenceNetwork | undefined,
  content: ReferenceFile["content"],
): Promise<ReferenceRow[]> {
  const rows: ReferenceRow[] = [];
  for (const name of entryNames) rows.push(...(await oneTrajectory(engine, network, content, name)));
  return rows;
}

async function oneTrajectory(
  engine: Engine,
  network: ReferenceNetwork | undefined,
  content: ReferenceFile["content"],
  name: EntryName,
): Promise<ReferenceRow[]> {
  const entry = content[name];
  if (!entry) return quantities.map((quantity) => notInFile(`${name}.${quantity}`, engine.name));
  const { inputs, missing } = sampleInputs(entry, name, content);
  if (!network || !inputs) {
    const absent = [...missingEntries({ "config or state_dict": network }), ...missing];
    return quantities.map((quantity) => notInFile(`${name}.${quantity}`, engine.name, absent));
  }
  assertInputs(network, name, inputs);
  const found = await replay(engine, network, name, inputs);
  return [
    coordinateRow(engine, network, name, entry, found),
    latticeRow(engine, network, name, entry, found),
    elementRow(engine, network, name, entry, found),
  ];
}

/** What a trajectory starts from, all there. */
interface SampleInputs {
  readonly num_atoms: readonly number[];
  readonly y: ReferenceArray;
  readonly mask?: ReferenceArray;
  readonly w: number;
  readonly step_lr: number;
  readonly initial_lattice: ReferenceArray;
  readonly initial_frac_coords: ReferenceArray;
  readonly initial_type: ReferenceArray;
  readonly noise: NonNullable<ReferenceSample["noise"]>;
  readonly sigma_x_norm_used?: ReferenceArray;
}

/** The masked trajectory takes num_atoms and y from the other one where it has none. */
function sampleInputs(
  entry: ReferenceSample,
  name: EntryName,
  content: ReferenceFile["content"],
): { inputs?: SampleInputs; missing: string[] } {
  const { w, step_lr, initial_lattice, initial_frac_coords, initial_type, noise, mask, sigma_x_norm_used } = entry;
  const num_atoms = entry.num_atoms ?? content.cfg_sample?.num_atoms;
  const y = entry.y ?? content.cfg_sample?.y;
  const maskOrNone = name === "masked_cfg_sample" ? mask : "not needed";
  const missing = missingEntries({
    num_atoms,
    y,
    mask: maskOrNone,
    w,
    step_lr,
    initial_lattice,
    initial_frac_coords,
    initial_type,
    noise,
  });
  if (
    !num_atoms ||
    !y ||
    !maskOrNone ||
    w === undefined ||
    !step_lr ||
    !initial_lattice ||
    !initial_frac_coords ||
    !initial_type ||
    !noise
  )
    return { missing };
  return {
    inputs: {
      num_atoms,
      y,
      mask,
      w,
      step_lr,
      initial_lattice,
      initial_frac_coords,
      initial_type,
      noise,
      sigma_x_norm_used,
    },
    missing,
  };
}

function assertInputs({ file, config }: ReferenceNetwork, name: EntryName, inputs: SampleInputs): void {
  const crystals = inputs.num_atoms.length;
  const atoms = inputs.num_atoms.reduce((a, b) => a + b, 0);
  assertShape(file, `${name}.y`, inputs.y, [atoms, config.dosPoints]);
  if (inputs.mask) assertShape(file, `${name}.mask`, inputs.mask, [atoms, 1]);
  assertShape(file, `${name}.initial_lattice`, inputs.initial_lattice, [crystals, 3, 3]);
  assertShape(file, `${name}.initial_frac_coords`, inputs.initial_frac_coords, [atoms, 3]);
  assertShape(file, `${name}.initial_type`, inputs.initial_type, [atoms, config.classCount]);
  inputs.noise.forEach((draw, i) => {
    assertShape(file, `${name}.noise.${i}.corrector_x`, draw.corrector_x, [atoms, 3]);
    assertShape(file, `${name}.noise.${i}.predictor_x`, draw.predictor_x, [atoms, 3]);
    assertShape(file, `${name}.noise.${i}.predictor_lattice`, draw.predictor_lattice, [crystals, 3, 3]);
    assertShape(file, `${name}.noise.${i}.predictor_type`, draw.predictor_type, [atoms, config.classCount]);
  });
  for (let t = config.timesteps; t > 1; t--)
    if (!inputs.noise.some((draw) => draw.t === t))
      throw new Error(`${file.fileName}: entry ${name}.noise: expected a draw for t = ${t}, found none`);
}

/** A whole ragged trajectory, step by step; entry 0 is the start. */
interface Trajectory {
  readonly fracCoords: Float32Array[];
  readonly lattice: Float32Array[];
  readonly atomicNumbers: Int32Array;
}

async function replay(
  engine: Engine,
  network: ReferenceNetwork,
  name: EntryName,
  inputs: SampleInputs,
): Promise<Trajectory> {
  const steps = Array.from({ length: network.config.timesteps + 1 });
  const trajectory: Trajectory = {
    fracCoords: steps.map(() => new Float32Array(inputs.initial_frac_coords.data.length)),
    lattice: steps.map(() => new Float32Array(inputs.initial_lattice.data.length)),
    atomicNumbers: new Int32Array(inputs.y.shape[0]),
  };
  const schedule = referenceSchedule(network, name, inputs.sigma_x_norm_used);
  for (const block of denseBlocks(inputs.num_atoms)) {
    let step = 0;
    let last: DiffusionState | undefined;
    for await (const state of blockStates(engine, network, schedule, name, inputs, block)) {
      scatter(trajectory.fracCoords[step], block.atoms, state.fracCoords);
      scatter(trajectory.lattice[step++], block.crystals, state.lattice);
      last = state;
    }
    const classes = argmaxTypes(last!);
    block.atoms.forEach((atom, i) => (trajectory.atomicNumbers[atom] = classes[i] + 1));
  }
  return trajectory;
}

/** The start and every step of a block. */
async function* blockStates(
  engine: Engine,
  network: ReferenceNetwork,
  schedule: Schedule,
  name: EntryName,
  inputs: SampleInputs,
  block: DenseBlock,
): AsyncGenerator<DiffusionState> {
  const { config, parameters } = network;
  const shape = {
    batchSize: block.crystals.length,
    atomsPerCrystal: block.atomsPerCrystal,
    classCount: config.classCount,
  };
  const net = blockNetwork(engine, { config, parameters, schedule }, shape);
  const masked = name === "masked_cfg_sample" && inputs.mask;
  const siteMask = masked ? gather(masked, block.atoms) : new Float32Array(block.atoms.length).fill(1);
  const condition = linearCondition(gather(inputs.y, block.atoms), siteMask, shape.batchSize, config.dosPoints);
  const denoiser = await guidedDenoiser(net, condition, { guidanceWeight: inputs.w });
  const start: DiffusionState = {
    ...shape,
    types: gather(inputs.initial_type, block.atoms),
    fracCoords: gather(inputs.initial_frac_coords, block.atoms),
    lattice: gather(inputs.initial_lattice, block.crystals),
  };
  yield start;
  const predictorInput = name === "cfg_sample" ? "uncorrected" : "corrected";
  const sampler = predictorCorrector({ correctorStepSize: inputs.step_lr, predictorInput });
  for await (const { state } of sample(sampler, { denoiser, start, noise: recordedNoise(inputs, block) })) yield state;
  net.dispose();
}

function recordedNoise({ noise }: SampleInputs, block: DenseBlock): NoiseSource {
  const draws = new Map(noise.map((draw) => [draw.t, draw]));
  return (field, t, purpose) => {
    const draw = draws.get(t)!;
    if (field === "lattice") return gather(draw.predictor_lattice, block.crystals);
    if (field === "types") return gather(draw.predictor_type, block.atoms);
    return gather(purpose === "corrector" ? draw.corrector_x : draw.predictor_x, block.atoms);
  };
}

/** Coordinates have period 1: 0.9999 and 0 are close. */
function coordinateRow(
  engine: Engine,
  { file, config }: ReferenceNetwork,
  name: EntryName,
  entry: ReferenceSample,
  found: Trajectory,
): ReferenceRow {
  const quantity = `${name}.frac_coords_by_step`;
  const expected = entry.frac_coords_by_step;
  if (!expected) return notInFile(quantity, engine.name);
  assertShape(file, quantity, expected, [config.timesteps + 1, found.atomicNumbers.length, 3]);
  const error = largestByStep(found.fracCoords, expected, (a, b) => a - b - Math.round(a - b));
  return judge(quantity, engine.name, error, tolerances.trajectory);
}

function latticeRow(
  engine: Engine,
  { file, config }: ReferenceNetwork,
  name: EntryName,
  entry: ReferenceSample,
  found: Trajectory,
): ReferenceRow {
  const quantity = `${name}.lattice_by_step`;
  const expected = entry.lattice_by_step;
  if (!expected) return notInFile(quantity, engine.name);
  assertShape(file, quantity, expected, [config.timesteps + 1, found.lattice[0].length / 9, 3, 3]);
  return judge(
    quantity,
    engine.name,
    largestByStep(found.lattice, expected, (a, b) => a - b),
    tolerances.trajectory,
  );
}

/** Relative to each step's own largest value: where lattices are large they would hide errors of the others. */
function largestByStep(
  found: readonly Float32Array[],
  { data }: ReferenceArray,
  difference: (a: number, b: number) => number,
): number {
  const errors = found.map((step, i) => {
    return relativeError(step, data.slice(i * step.length, (i + 1) * step.length), difference);
  });
  return largest(errors);
}

/** Elements must be the same, every one. */
function elementRow(
  engine: Engine,
  { file }: ReferenceNetwork,
  name: EntryName,
  { final_atomic_number: expected }: ReferenceSample,
  found: Trajectory,
): ReferenceRow {
  const quantity = `${name}.final_atomic_number`;
  if (!expected) return notInFile(quantity, engine.name);
  assertLength(file, quantity, expected, found.atomicNumbers.length);
  return judge(quantity, engine.name, expected.filter((z, i) => z !== found.atomicNumbers[i]).length, 0);
}
