import * as tf from "@tensorflow/tfjs";
import { repeatArray } from "../data/index.js";
import type { DenoiserConfig, Parameters } from "../model/index.js";
import { denoiser, encodeCondition, nameTensors, timeEmbedding } from "../model/index.js";
import type { Engine, HostTensor, ProgramSource } from "../runtime/index.js";
import { createProgramCache } from "../runtime/index.js";
import type { FusedSteps } from "./denoise.js";
import {
  fastFactorNames,
  fastStepTensors,
  predictorCorrectorFactorNames,
  predictorCorrectorTensors,
  scalarsOf,
  type DenoiseTensors,
} from "./fused-steps.js";
import type { FieldTensors } from "./loss.js";
import type { BlockShape } from "./noise.js";
import type { Schedule } from "./schedule.js";
import type { DiffusionState, Fields } from "./state.js";

/** A denoiser ready to sample: its configuration, weights and noise schedule. */
export interface DenoiserNetwork {
  readonly config: DenoiserConfig;
  readonly parameters: Parameters;
  readonly schedule: Schedule;
}

/** A block of conditions on the host; arrays shaped as in `ConditionTensors`. */
export interface ConditionBlock {
  readonly siteDos: Float32Array;
  readonly siteMask: Float32Array;
  readonly energyMask: Float32Array;
  readonly totalDos: Float32Array;
  readonly totalMask: Float32Array;
}

/** Which branches one evaluation needs: `guided` is both as one doubled batch, mixed inside the program. */
export type Branches = "conditional" | "unconditional" | "guided";

/** What an evaluation follows. */
export interface Guide {
  readonly branches: Branches;
  /** [B, N, H] from `encode`. */
  readonly encoded: Float32Array;
  /** [B] guidance weights. */
  readonly weights: Float32Array;
}

/** The network for blocks of one shape; programs are compiled when first needed and kept until `dispose`. */
export interface BlockNetwork {
  readonly shape: BlockShape;
  /** The encoder's output [B, N, H], computed once a run. */
  encode(condition: ConditionBlock): Promise<Float32Array>;
  /** One evaluation at time index t. */
  evaluate(state: DiffusionState, t: number, guide: Guide): Promise<Fields>;
  /** Samplers' steps with the evaluation in them, as one program each. */
  fusedSteps(guideAt: (t: number) => Guide): FusedSteps;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
}

/** What a program with the network in it computes: the noisy block, the network with its guidance, and further inputs. */
type NetworkBody = (noisy: FieldTensors, denoise: DenoiseTensors, inputs: readonly tf.Tensor[]) => tf.Tensor[];

/** More programs than a block's runs need: three kinds of branches, four kinds of evaluations and steps, with and without a mask. */
const capacity = 24;

/** Prepares a network for blocks of one shape on an engine. */
export function blockNetwork(engine: Engine, network: DenoiserNetwork, shape: BlockShape): BlockNetwork {
  const { config, parameters, schedule } = network;
  const { batchSize: B, atomsPerCrystal: N, classCount: C } = shape;
  const constants = [...parameters.values()];
  const programs = createProgramCache(engine, capacity);

  const networkInputs = (state: DiffusionState, t: number, { encoded, weights }: Guide): HostTensor[] => {
    const ab = schedule.alphasCumprod[t];
    return [
      ...fieldInputs(state, shape),
      { shape: [B, config.timeDim], data: repeatArray(timeEmbedding([t], config.timeDim), B) },
      { shape: [B, 2], data: repeatArray(Float32Array.of(Math.sqrt(ab), Math.sqrt(1 - ab)), B) },
      { shape: [B, N, config.hiddenDim], data: encoded },
      { shape: [B], data: weights },
    ];
  };
  /** Runs a program of inputs and parameters, compiled when its name is first met. */
  const run = async (
    name: string,
    inputs: readonly HostTensor[],
    fn: ProgramSource["fn"],
    roundable = false,
  ): Promise<Float32Array[]> => {
    const specs = inputs.map(({ shape: own }) => ({ shape: own }));
    const program = await programs.get(name, () => ({ name, inputs: specs, constants, fn, roundable }));
    return (await program.run(inputs.map(({ data }) => data))) as Float32Array[];
  };
  /** Runs a program with the network in it; `mask` [C] is 0 for the classes that its clean types must not have. */
  const runNetwork = (
    what: string,
    [state, t, guide]: readonly [DiffusionState, number, Guide],
    further: readonly HostTensor[],
    body: NetworkBody,
    mask?: Float32Array,
  ): Promise<Float32Array[]> => {
    const own = networkInputs(state, t, guide);
    const inputs = [...own, ...further, ...(mask ? [{ shape: [C], data: mask }] : [])];
    const name = `${what}, ${guide.branches}${mask ? ", some classes" : ""}, ${B} x ${N}`;
    const fn = (...tensors: tf.Tensor[]): tf.Tensor[] => {
      const [types, fracCoords, lattice, time, signal, encoded, weight] = tensors;
      const p = nameTensors(parameters, tensors.slice(inputs.length));
      const conditions =
        guide.branches === "guided" ? [encoded, null] : [guide.branches === "conditional" ? encoded : null];
      const denoise: DenoiseTensors = (noisy) => {
        const out = denoiser(p, config, { ...noisy, timeEmbedding: time, signal }, conditions);
        const mixed = (field: tf.Tensor): tf.Tensor => mixBranches(field, weight);
        return { types: mixed(out.types), fracCoords: mixed(out.fracCoords), lattice: mixed(out.lattice) };
      };
      const allowed = mask ? maskClasses(denoise, tensors[inputs.length - 1], signal) : denoise;
      return body({ types, fracCoords, lattice }, allowed, tensors.slice(own.length, inputs.length));
    };
    return run(name, inputs, fn, true);
  };

  const fusedSteps = (guideAt: (t: number) => Guide, mask?: Float32Array): FusedSteps => ({
    async fast(state, t, before, z, factors) {
      const numbers = Float32Array.from(fastFactorNames, (name) => Math.min(factors[name], largest));
      const further = [
        ...fieldInputs(before, shape),
        ...fieldInputs(z, shape),
        { shape: [numbers.length], data: numbers },
      ];
      const body: NetworkBody = (noisy, denoise, given) => {
        const scalars = scalarsOf(fastFactorNames, given[6]);
        const made = fastStepTensors(denoise, noisy, fieldTensors(given), fieldTensors(given.slice(3)), scalars);
        return [...fieldList(made.state), ...fieldList(made.estimate)];
      };
      const made = await runNetwork("fast step", [state, t, guideAt(t)], further, body, mask);
      return { state: fieldsOf(made), estimate: fieldsOf(made.slice(3)) };
    },
    async predictorCorrector(state, t, z, factors, predictorInput) {
      const numbers = Float32Array.from(predictorCorrectorFactorNames, (name) => factors[name]);
      const further = [
        ...fieldInputs(z, shape),
        { shape: [B, N, 3], data: z.corrector },
        { shape: [numbers.length], data: numbers },
      ];
      const body: NetworkBody = (noisy, denoise, given) => {
        const noise = { ...fieldTensors(given), corrector: given[3] };
        const scalars = scalarsOf(predictorCorrectorFactorNames, given[4]);
        return fieldList(predictorCorrectorTensors(denoise, noisy, noise, scalars, predictorInput));
      };
      const what = `predictor-corrector step, ${predictorInput}`;
      return fieldsOf(await runNetwork(what, [state, t, guideAt(t)], further, body, mask));
    },
    withClasses: (more) => fusedSteps(guideAt, mask ? more.map((allowed, c) => allowed * mask[c]) : more),
  });

  return {
    shape,
    async encode({ siteDos, siteMask, energyMask, totalDos, totalMask }) {
      const E = config.dosPoints;
      const inputs = [
        { shape: [B, N, E], data: siteDos },
        { shape: [B, N, 1], data: siteMask },
        { shape: [B, E], data: energyMask },
        { shape: [B, E], data: totalDos },
        { shape: [B, 1], data: totalMask },
      ];
      const fn: ProgramSource["fn"] = (dos, sites, energies, total, totals, ...weights) => {
        const condition = { siteDos: dos, siteMask: sites, energyMask: energies, totalDos: total, totalMask: totals };
        return [encodeCondition(nameTensors(parameters, weights), config, condition)];
      };
      const [encoded] = await run(`DOS encoder, ${B} x ${N}`, inputs, fn);
      return encoded;
    },
    evaluate: async (state, t, guide) =>
      fieldsOf(await runNetwork("denoiser", [state, t, guide], [], (noisy, denoise) => fieldList(denoise(noisy)))),
    fusedSteps: (guideAt) => fusedSteps(guideAt),
    dispose: () => programs.dispose(),
  };
}

/** A network whose clean types have nothing in the classes where the mask is 0; `signal` [B, 2] as in `NoisyTensors`. */
function maskClasses(denoise: DenoiseTensors, mask: tf.Tensor, signal: tf.Tensor): DenoiseTensors {
  const [s, n] = tf.split(signal, 2, 1).map((level) => level.reshape([-1, 1, 1]));
  return (state) => {
    const said = denoise(state);
    const clean = state.types.sub(said.types.mul(n)).div(s).mul(mask);
    return { ...said, types: state.types.sub(clean.mul(s)).div(n) };
  };
}

/** Stands for infinity, whose ratio would be no number. */
const largest = 1e30;

const fieldList = ({ types, fracCoords, lattice }: FieldTensors): tf.Tensor[] => [types, fracCoords, lattice];

const fieldTensors = ([types, fracCoords, lattice]: readonly tf.Tensor[]): FieldTensors => ({
  types,
  fracCoords,
  lattice,
});

const fieldsOf = ([types, fracCoords, lattice]: readonly Float32Array[]): Fields => ({ types, fracCoords, lattice });

function fieldInputs(fields: Fields, { batchSize: B, atomsPerCrystal: N, classCount: C }: BlockShape): HostTensor[] {
  return [
    { shape: [B, N, C], data: fields.types },
    { shape: [B, N, 3], data: fields.fracCoords },
    { shape: [B, 3, 3], data: fields.lattice },
  ];
}

/** (1 + w) conditional - w unconditional for [2, B, ...]; one branch passes through. */
export function mixBranches(field: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (field.shape[0] === 1) return field.squeeze([0]);
  const [conditional, unconditional] = tf.unstack(field);
  const w = weight.reshape([-1, ...Array<number>(conditional.rank - 1).fill(1)]);
  return conditional.add(conditional.sub(unconditional).mul(w));
}
