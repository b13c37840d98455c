import * as tf from "@tensorflow/tfjs";
import { Disposal } from "../base/disposed.js";
import type { Crystal, CrystalLike } from "../crystal/index.js";
import { canonicalFrame, crystalOf } from "../crystal/index.js";
import { concatenate, unstandardise } from "../data/index.js";
import type { PredictedDos } from "../dos/index.js";
import { standardGrid } from "../dos/index.js";
import type { Engine, Program } from "../runtime/index.js";
import type { PredictorModel } from "./checkpoint.js";
import { cspPredictor } from "./csp-predictor.js";
import { descriptorSize, elementDescriptor } from "./descriptors.js";
import { nameTensors } from "./parameters.js";
import { radialFeatures } from "./radial-features.js";
import { radialPredictor } from "./radial-predictor.js";

/** Crystals of one call that share a compiled program; the last block is padded by repeating its last crystal. */
const blockSize = 16;

/** Whatever predicts the DOS of crystals: a {@link DosPredictor}, or a model of one's own with such a method. */
export interface PredictsDos {
  /** Site DOS of each crystal, states/eV/atom, in the order given; with the total DOS of the cell where it is known. */
  predict(crystals: readonly Crystal[]): Promise<readonly PredictedDos[]>;
}

/** A DOS predictor on an engine. */
export interface DosPredictor extends PredictsDos {
  readonly model: PredictorModel;
  /**
   * Site DOS of each crystal, states/eV/atom on the standard grid, in the order given; crystals of any sizes, records of
   * a data set, generated crystals. With the total DOS of the cell where the model predicts it.
   *
   * @throws Error when a crystal has an element beyond the model's; DisposedError after `dispose()`
   */
  predict(crystals: Iterable<CrystalLike>): Promise<PredictedDos[]>;
  /** Releases the programs; calls after it throw DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/**
 * Prepares a predictor; programs are compiled once per number of atoms.
 *
 * @example
 *     using predictor = dosPredictor(engine, await loadPredictor("models/predictor-a.safetensors"));
 *     const [dos] = await predictor.predict([crystal]);
 */
export function dosPredictor(engine: Engine, model: PredictorModel): DosPredictor {
  const disposal = new Disposal("DOS predictor");
  const programs = new Map<number, Promise<Program>>();
  const program = (atoms: number): Promise<Program> => {
    disposal.check();
    const ready = programs.get(atoms) ?? engine.compile(predictorSource(model, atoms));
    programs.set(atoms, ready);
    return ready;
  };
  const predictBlock = async (crystals: readonly Crystal[]): Promise<PredictedDos[]> => {
    const atoms = crystals[0].atomicNumbers.length;
    const padded = Array.from({ length: blockSize }, (_, i) => crystals[Math.min(i, crystals.length - 1)]);
    const [sites, totals] = (await (await program(atoms)).run(predictorInputs(model, padded))) as Float32Array[];
    const points = model.config.dosPoints;
    const part = (values: Float32Array, i: number, size: number) => values.slice(i * size, (i + 1) * size);
    return crystals.map((_, i) => ({
      ...{ kind: "site", grid: standardGrid, siteCount: atoms, values: states(model, part(sites, i, atoms * points)) },
      ...((totals as Float32Array | undefined) && {
        total: { kind: "total", grid: standardGrid, values: part(totals, i, points).map((perAtom) => atoms * perAtom) },
      }),
    }));
  };
  const dispose = (): void => {
    if (!disposal.end()) return;
    for (const ready of programs.values())
      void ready.then(
        (p) => p.dispose(),
        () => undefined,
      );
    programs.clear();
  };
  return {
    model,
    async predict(given) {
      disposal.check();
      const crystals = Array.from(given, crystalOf);
      const out: PredictedDos[] = [];
      for (const indices of bySize(crystals).values()) {
        for (let at = 0; at < indices.length; at += blockSize) {
          const block = indices.slice(at, at + blockSize);
          const predicted = await predictBlock(block.map((i) => crystals[i]));
          block.forEach((i, k) => (out[i] = predicted[k]));
        }
      }
      return out;
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

function predictorSource(model: PredictorModel, N: number): Parameters<Engine["compile"]>[0] {
  const constants = [...model.parameters.values()];
  const name = `DOS predictor, ${blockSize} x ${N}`;
  if (model.kind === "csp-predictor") {
    const C = model.config.classCount;
    const inputs = [
      [blockSize, N, C],
      [blockSize, N, 3],
      [blockSize, 3, 3],
    ].map((shape) => ({ shape }));
    const fn = (types: tf.Tensor, fracCoords: tf.Tensor, lattice: tf.Tensor, ...weights: tf.Tensor[]): tf.Tensor[] => [
      cspPredictor(nameTensors(model.parameters, weights), model.config, { types, fracCoords, lattice }),
    ];
    return { name, inputs, constants, fn };
  }
  const { classCount: C, radialCount: K } = model.config;
  const inputs = [
    [blockSize, N, C],
    [blockSize, N, N, K],
    [blockSize, N, descriptorSize],
  ].map((shape) => ({ shape }));
  const fn = (types: tf.Tensor, radial: tf.Tensor, descriptors: tf.Tensor, ...weights: tf.Tensor[]): tf.Tensor[] => {
    const named = nameTensors(model.parameters, weights);
    const { siteDos, totalPerAtom } = radialPredictor(named, model.config, { types, radial, descriptors });
    return totalPerAtom ? [siteDos, totalPerAtom] : [siteDos];
  };
  return { name, inputs, constants, fn };
}

/** The program's inputs for a block of crystals of one size. */
function predictorInputs(model: PredictorModel, crystals: readonly Crystal[]): Float32Array[] {
  const types = concatenate(crystals.map((crystal) => oneHotTypes(crystal.atomicNumbers, model.config.classCount)));
  if (model.kind === "csp-predictor") {
    const canonical = crystals.map(canonicalFrame);
    const fracCoords = Float32Array.from(canonical.flatMap((c) => c.fracCoords.flat()));
    return [types, fracCoords, Float32Array.from(canonical.flatMap((c) => c.latticeMatrix.flat()))];
  }
  const { config } = model;
  return [
    types,
    concatenate(crystals.map((c) => radialFeatures(c, config))),
    concatenate(crystals.map((c) => descriptors(c.atomicNumbers))),
  ];
}

/** One-hot type vectors [N, C] row-major; class = Z - 1. */
export function oneHotTypes(atomicNumbers: readonly number[], classCount: number): Float32Array {
  const types = new Float32Array(atomicNumbers.length * classCount);
  atomicNumbers.forEach((z, i) => {
    if (z > classCount) throw new Error(`model: element ${z} is beyond its ${classCount} type classes`);
    types[i * classCount + z - 1] = 1;
  });
  return types;
}

/** Descriptors of atoms, [N, descriptorSize] row-major. */
export function descriptors(atomicNumbers: readonly number[]): Float32Array {
  return Float32Array.from(atomicNumbers.flatMap(elementDescriptor));
}

/** The network's output as states/eV/atom. */
function states({ scaler }: PredictorModel, values: Float32Array): Float32Array {
  return scaler ? unstandardise(values, scaler).map((y) => Math.max(0, y)) : values;
}

function bySize(crystals: readonly Crystal[]): Map<number, number[]> {
  const sizes = new Map<number, number[]>();
  crystals.forEach(({ atomicNumbers: { length } }, i) => sizes.set(length, [...(sizes.get(length) ?? []), i]));
  return sizes;
}
