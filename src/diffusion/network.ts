import * as tf from "@tensorflow/tfjs";
import { repeatArray } from "../data/index.js";
import type { DenoiserConfig, Parameters } from "../model/index.js";
import { denoiser, encodeCondition, nameTensors, timeEmbedding } from "../model/index.js";
import type { Engine, Program, ProgramSource, TensorSpec } from "../runtime/index.js";
import type { FastFactors } from "./fast-step.js";
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
import type { PredictorCorrectorFactors } from "./predictor-corrector.js";
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
  /** [C]: 0 for the classes that clean types must not have, in the steps of samplers; plain evaluations do not look at it. */
  readonly classMask?: Float32Array;
}

/** The network for blocks of one shape; programs are compiled when first needed and kept until `dispose`. */
export interface BlockNetwork {
  readonly shape: BlockShape;
  /** The encoder's output [B, N, H], computed once a run. */
  encode(condition: ConditionBlock): Promise<Float32Array>;
  /** One evaluation at time index t. */
  evaluate(state: DiffusionState, t: number, guide: Guide): Promise<Fields>;
  /** As in `FusedSteps.fast`. */
  fastStep(
    state: DiffusionState,
    t: number,
    guide: Guide,
    before: Fields,
    z: Fields,
    factors: FastFactors,
  ): Promise<{ readonly state: Fields; readonly estimate: Fields }>;
  /** As in `FusedSteps.predictorCorrector`. */
  predictorCorrectorStep(
    state: DiffusionState,
    t: number,
    guide: Guide,
    z: Fields & { readonly corrector: Float32Array },
    factors: PredictorCorrectorFactors,
    predictorInput: "corrected" | "uncorrected",
  ): Promise<Fields>;
  dispose(): void;
}

/** Prepares a network for blocks of one shape on an engine. */
export function blockNetwork(engine: Engine, network: DenoiserNetwork, shape: BlockShape): BlockNetwork {
  const { config, parameters, schedule } = network;
  const { batchSize: B, atomsPerCrystal: N } = shape;
  const constants = [...parameters.values()];
  const programs = new Map<string, Promise<Program>>();
  const program = (name: string, inputs: readonly TensorSpec[], fn: ProgramSource["fn"]): Promise<Program> => {
    const found =
      programs.get(name) ?? engine.compile({ name: `${name}, ${B} x ${N}`, inputs, constants, fn: (...t) => fn(...t) });
    programs.set(name, found);
    return found;
  };
  /** What all programs with the network in them begin with: the block, its time, condition and guidance weights. */
  const networkInputs = (state: DiffusionState, t: number, { encoded, weights }: Guide): Float32Array[] => {
    const ab = schedule.alphasCumprod[t];
    const time = repeatArray(timeEmbedding([t], config.timeDim), B);
    const signal = repeatArray(Float32Array.of(Math.sqrt(ab), Math.sqrt(1 - ab)), B);
    return [state.types, state.fracCoords, state.lattice, time, signal, encoded, weights];
  };
  const networkSpecs = shapes([...fieldShapes(shape), [B, config.timeDim], [B, 2], [B, N, config.hiddenDim], [B]]);
  const stepSpecs = shapes([...fieldShapes(shape), ...fieldShapes(shape)]);
  const maskSpec = ({ classMask }: Guide): TensorSpec[] => (classMask ? [{ shape: [shape.classCount] }] : []);
  /** Splits the tensors of such a program: state, network with guidance, and what else the program takes. */
  const opened = (branches: Branches, extra: number, tensors: readonly tf.Tensor[]): Opened => {
    const [types, fracCoords, lattice, time, signal, encoded, weight, ...rest] = tensors;
    const p = nameTensors(parameters, rest.slice(extra));
    const conditions = branches === "guided" ? [encoded, null] : [branches === "conditional" ? encoded : null];
    const denoise = (state: FieldTensors): FieldTensors => {
      const out = denoiser(p, config, { ...state, timeEmbedding: time, signal }, conditions);
      return {
        types: mixBranches(out.types, weight),
        fracCoords: mixBranches(out.fracCoords, weight),
        lattice: mixBranches(out.lattice, weight),
      };
    };
    return { state: { types, fracCoords, lattice }, denoise, rest: rest.slice(0, extra) };
  };

  return {
    shape,
    async encode(condition) {
      const { siteDos, siteMask, energyMask, totalDos, totalMask } = condition;
      const specs = shapes([
        [B, N, config.dosPoints],
        [B, N, 1],
        [B, config.dosPoints],
        [B, config.dosPoints],
        [B, 1],
      ]);
      const encoder = await program("DOS encoder", specs, (dos, sites, energies, total, totals, ...weights) => {
        const tensors = { siteDos: dos, siteMask: sites, energyMask: energies, totalDos: total, totalMask: totals };
        return [encodeCondition(nameTensors(parameters, weights), config, tensors)];
      });
      const [encoded] = await encoder.run([siteDos, siteMask, energyMask, totalDos, totalMask]);
      return encoded as Float32Array;
    },
    async evaluate(state, t, guide) {
      const ready = await program(`denoiser, ${guide.branches}`, networkSpecs, (...tensors) => {
        const { state: noisy, denoise } = opened(guide.branches, 0, tensors);
        return fieldList(denoise(noisy));
      });
      return fieldsOf(await ready.run(networkInputs(state, t, guide)));
    },
    async fastStep(state, t, guide, before, z, factors) {
      const specs = [...networkSpecs, ...stepSpecs, { shape: [fastFactorNames.length] }, ...maskSpec(guide)];
      const ready = await program(`fast step, ${describeGuide(guide)}`, specs, (...tensors) => {
        const { state: noisy, denoise, rest } = opened(guide.branches, specs.length - networkSpecs.length, tensors);
        const scalars = scalarsOf(fastFactorNames, rest[6]);
        const allowed = rest.length > 7 ? maskClasses(denoise, rest[7], tensors[4]) : denoise;
        const made = fastStepTensors(allowed, noisy, fieldTensors(rest), fieldTensors(rest.slice(3)), scalars);
        return [...fieldList(made.state), ...fieldList(made.estimate)];
      });
      const numbers = Float32Array.from(fastFactorNames, (name) => Math.min(factors[name], largest));
      const inputs = [
        ...networkInputs(state, t, guide),
        ...hostList(before),
        ...hostList(z),
        numbers,
        ...maskOf(guide),
      ];
      const outputs = await ready.run(inputs);
      return { state: fieldsOf(outputs), estimate: fieldsOf(outputs.slice(3)) };
    },
    async predictorCorrectorStep(state, t, guide, z, factors, predictorInput) {
      const factorSpec = { shape: [predictorCorrectorFactorNames.length] };
      const specs = [...networkSpecs, ...shapes([...fieldShapes(shape), [B, N, 3]]), factorSpec, ...maskSpec(guide)];
      const name = `predictor-corrector step, ${predictorInput}, ${describeGuide(guide)}`;
      const ready = await program(name, specs, (...tensors) => {
        const { state: noisy, denoise, rest } = opened(guide.branches, specs.length - networkSpecs.length, tensors);
        const noise = { ...fieldTensors(rest), corrector: rest[3] };
        const scalars = scalarsOf(predictorCorrectorFactorNames, rest[4]);
        const allowed = rest.length > 5 ? maskClasses(denoise, rest[5], tensors[4]) : denoise;
        return fieldList(predictorCorrectorTensors(allowed, noisy, noise, scalars, predictorInput));
      });
      const numbers = Float32Array.from(predictorCorrectorFactorNames, (key) => factors[key]);
      const inputs = [...networkInputs(state, t, guide), ...hostList(z), z.corrector, numbers, ...maskOf(guide)];
      return fieldsOf(await ready.run(inputs));
    },
    dispose() {
      for (const made of programs.values())
        void made.then(
          (p) => p.dispose(),
          () => undefined,
        );
      programs.clear();
    },
  };
}

const maskOf = ({ classMask }: Guide): Float32Array[] => (classMask ? [classMask] : []);

const describeGuide = ({ branches, classMask }: Guide): string => `${branches}${classMask ? ", some classes" : ""}`;

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

interface Opened {
  readonly state: FieldTensors;
  readonly denoise: DenoiseTensors;
  readonly rest: readonly tf.Tensor[];
}

const shapes = (list: readonly (readonly number[])[]): TensorSpec[] => list.map((shape) => ({ shape }));

const fieldList = ({ types, fracCoords, lattice }: FieldTensors): tf.Tensor[] => [types, fracCoords, lattice];

const hostList = ({ types, fracCoords, lattice }: Fields): Float32Array[] => [types, fracCoords, lattice];

const fieldTensors = ([types, fracCoords, lattice]: readonly tf.Tensor[]): FieldTensors => ({
  types,
  fracCoords,
  lattice,
});

function fieldsOf([types, fracCoords, lattice]: readonly (Float32Array | Int32Array)[]): Fields {
  return { types, fracCoords, lattice } as Fields;
}

function fieldShapes({ batchSize: B, atomsPerCrystal: N, classCount: C }: BlockShape): number[][] {
  return [
    [B, N, C],
    [B, N, 3],
    [B, 3, 3],
  ];
}

/** (1 + w) conditional - w unconditional for [2, B, ...]; one branch passes through. */
export function mixBranches(field: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (field.shape[0] === 1) return field.squeeze([0]);
  const [conditional, unconditional] = tf.unstack(field);
  const w = weight.reshape([-1, ...Array<number>(conditional.rank - 1).fill(1)]);
  return conditional.add(conditional.sub(unconditional).mul(w));
}
