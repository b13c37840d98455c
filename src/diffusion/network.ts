import * as tf from "@tensorflow/tfjs";
import { repeatArray } from "../data/index.js";
import type { ConditionTensors, DenoiserConfig, Parameters } from "../model/index.js";
import { denoiser, encodeCondition, nameTensors, timeEmbedding } from "../model/index.js";
import type { Engine, Program } from "../runtime/index.js";
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

/** The network for blocks of one shape; programs are compiled when first needed and kept until `dispose`. */
export interface BlockNetwork {
  readonly shape: BlockShape;
  /** The encoder's output [B, N, H], computed once a run. */
  encode(condition: ConditionBlock): Promise<Float32Array>;
  /** One evaluation at time index t; `weights` [B] are the guidance weights, `encoded` from `encode`. */
  evaluate(
    branches: Branches,
    state: DiffusionState,
    t: number,
    encoded: Float32Array,
    weights: Float32Array,
  ): Promise<Fields>;
  dispose(): void;
}

/** Prepares a network for blocks of one shape on an engine. */
export function blockNetwork(engine: Engine, network: DenoiserNetwork, shape: BlockShape): BlockNetwork {
  const { config, parameters, schedule } = network;
  const { batchSize: B, atomsPerCrystal: N } = shape;
  const constants = [...parameters.values()];
  const programs = new Map<string, Promise<Program>>();
  const program = (name: string, make: () => Promise<Program>): Promise<Program> => {
    const found = programs.get(name) ?? make();
    programs.set(name, found);
    return found;
  };
  const encoder = (): Promise<Program> =>
    engine.compile({
      name: `DOS encoder, ${B} x ${N}`,
      inputs: [
        [B, N, config.dosPoints],
        [B, N, 1],
        [B, config.dosPoints],
        [B, config.dosPoints],
        [B, 1],
      ].map((s) => ({ shape: s })),
      constants,
      fn: (siteDos, siteMask, energyMask, totalDos, totalMask, ...weights) => {
        const condition: ConditionTensors = { siteDos, siteMask, energyMask, totalDos, totalMask };
        return [encodeCondition(nameTensors(parameters, weights), config, condition)];
      },
    });
  const denoise = (branches: Branches): Promise<Program> =>
    engine.compile({
      name: `denoiser, ${branches}, ${B} x ${N}`,
      inputs: evaluationInputs(config, shape),
      constants,
      fn: (types, fracCoords, lattice, time, signal, encoded, weight, ...weights) => {
        const p = nameTensors(parameters, weights);
        const conditions = branches === "guided" ? [encoded, null] : [branches === "conditional" ? encoded : null];
        const out = denoiser(p, config, { types, fracCoords, lattice, timeEmbedding: time, signal }, conditions);
        return [out.types, out.fracCoords, out.lattice].map((field) => mixBranches(field, weight));
      },
    });

  return {
    shape,
    async encode(condition) {
      const { siteDos, siteMask, energyMask, totalDos, totalMask } = condition;
      const [encoded] = await (
        await program("encode", encoder)
      ).run([siteDos, siteMask, energyMask, totalDos, totalMask]);
      return encoded as Float32Array;
    },
    async evaluate(branches, state, t, encoded, weights) {
      const time = repeatArray(timeEmbedding([t], config.timeDim), B);
      const ab = schedule.alphasCumprod[t];
      const signal = repeatArray(Float32Array.of(Math.sqrt(ab), Math.sqrt(1 - ab)), B);
      const ready = await program(branches, () => denoise(branches));
      const [types, fracCoords, lattice] = await ready.run([
        state.types,
        state.fracCoords,
        state.lattice,
        time,
        signal,
        encoded,
        weights,
      ]);
      return { types: types as Float32Array, fracCoords: fracCoords as Float32Array, lattice: lattice as Float32Array };
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

/** (1 + w) conditional - w unconditional for [2, B, ...]; one branch passes through. */
export function mixBranches(field: tf.Tensor, weight: tf.Tensor): tf.Tensor {
  if (field.shape[0] === 1) return field.squeeze([0]);
  const [conditional, unconditional] = tf.unstack(field);
  const w = weight.reshape([-1, ...Array<number>(conditional.rank - 1).fill(1)]);
  return conditional.add(conditional.sub(unconditional).mul(w));
}

function evaluationInputs(
  config: DenoiserConfig,
  { batchSize: B, atomsPerCrystal: N, classCount: C }: BlockShape,
): { shape: number[] }[] {
  const shapes = [[B, N, C], [B, N, 3], [B, 3, 3], [B, config.timeDim], [B, 2], [B, N, config.hiddenDim], [B]];
  return shapes.map((shape) => ({ shape }));
}
