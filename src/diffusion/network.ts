import * as tf from "@tensorflow/tfjs";
import { repeatArray } from "../data/index.js";
import type { DenoiserConfig, Parameters } from "../model/index.js";
import { denoiser, encodeCondition, nameTensors, timeEmbedding } from "../model/index.js";
import type { Engine, HostTensor } from "../runtime/index.js";
import { createProgramCache } from "../runtime/index.js";
import { mapFields } from "./block.js";
import type { Denoiser } from "./denoiser.js";
import { levelAt } from "./level.js";
import { runProgram } from "./program.js";
import type { Schedule } from "./schedule.js";
import type { BlockShape } from "./state.js";

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
  readonly schedule: Schedule;
  /** The encoder's output [B, N, H], computed once a run. */
  encode(condition: ConditionBlock): Promise<Float32Array>;
  /** The network with its guidance, as samplers take it. */
  denoiser(guideAt: (t: number) => Guide): Denoiser;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** More programs than a block's runs need: three kinds of branches, a few samplers, each with some sets of constraints. */
const capacity = 24;

/** Prepares a network for blocks of one shape on an engine. */
export function blockNetwork(engine: Engine, network: DenoiserNetwork, shape: BlockShape): BlockNetwork {
  const { config, parameters, schedule } = network;
  const { batchSize: B, atomsPerCrystal: N } = shape;
  const programs = createProgramCache(engine, capacity);
  const constants = [...parameters.values()];

  const inputsAt = (t: number, { encoded, weights }: Guide): Record<NetworkInput, HostTensor> => {
    const { signal, noise } = levelAt(schedule, t);
    return {
      time: { shape: [B, config.timeDim], data: repeatArray(timeEmbedding([t], config.timeDim), B) },
      signal: { shape: [B, 2], data: repeatArray(Float32Array.of(signal, noise), B) },
      encoded: { shape: [B, N, config.hiddenDim], data: encoded },
      weights: { shape: [B], data: weights },
    };
  };
  return {
    shape,
    schedule,
    async encode(condition) {
      const [encoded] = await runProgram(
        { programs, constants },
        {
          name: `DOS encoder, ${B} x ${N}`,
          inputs: { condition: conditionInputs(condition, B, N, config) },
          fn: (given, weights) => {
            const tensors = given.condition as Record<keyof ConditionBlock, tf.Tensor>;
            return [encodeCondition(nameTensors(parameters, weights), config, tensors)];
          },
        },
      );
      return encoded;
    },
    denoiser: (guideAt) => ({
      schedule,
      programs,
      constants,
      roundable: true,
      at(t) {
        const guide = guideAt(t);
        return {
          name: guide.branches,
          inputs: inputsAt(t, guide),
          predict(x, given) {
            const { time, signal, encoded, weights } = given.inputs as Record<NetworkInput, tf.Tensor>;
            const p = nameTensors(parameters, given.constants);
            const noisy = { ...x, timeEmbedding: time, signal };
            const prediction = denoiser(p, config, noisy, branchConditions(guide.branches, encoded));
            return mapFields((field) => mixBranches(prediction[field], weights));
          },
        };
      },
    }),
    dispose: () => programs.dispose(),
    [Symbol.dispose]: () => programs.dispose(),
  };
}

type NetworkInput = "time" | "signal" | "encoded" | "weights";

function branchConditions(branches: Branches, encoded: tf.Tensor): (tf.Tensor | null)[] {
  if (branches === "guided") return [encoded, null];
  return [branches === "conditional" ? encoded : null];
}

function conditionInputs(
  { siteDos, siteMask, energyMask, totalDos, totalMask }: ConditionBlock,
  B: number,
  N: number,
  { dosPoints: E }: DenoiserConfig,
): Record<keyof ConditionBlock, HostTensor> {
  return {
    siteDos: { shape: [B, N, E], data: siteDos },
    siteMask: { shape: [B, N, 1], data: siteMask },
    energyMask: { shape: [B, E], data: energyMask },
    totalDos: { shape: [B, E], data: totalDos },
    totalMask: { shape: [B, 1], data: totalMask },
  };
}

/** (1 + w) conditional - w unconditional for [2, B, ...]; one branch passes through. */
export function mixBranches(field: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (field.shape[0] === 1) return field.squeeze([0]);
  const [conditional, unconditional] = tf.unstack(field);
  const w = weight.reshape([-1, ...Array<number>(conditional.rank - 1).fill(1)]);
  return conditional.add(conditional.sub(unconditional).mul(w));
}
