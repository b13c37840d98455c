import * as tf from "@tensorflow/tfjs";
import { Disposal } from "../base/disposed.js";
import type { Crystal, CrystalLike, Matrix3, Vector3 } from "../crystal/index.js";
import { crystalOf } from "../crystal/index.js";
import { assertCrystal } from "../crystal/index.js";
import { nameTensors } from "../model/index.js";
import type { Engine, ProgramSource } from "../runtime/index.js";
import { createProgramCache } from "../runtime/index.js";
import type { Batch, BatchShape, Placement } from "./batch.js";
import { batchArrays, batchSpecs, bondPlace, packGraphs, type KnownGraph } from "./batch.js";
import { contract, graphBasis } from "./basis.js";
import type { EnergyModel } from "./checkpoint.js";
import { derivatives } from "./geometry.js";
import { crystalGraph } from "./graph.js";
import type { GraphTensors } from "./network.js";
import { energyNetwork } from "./network.js";
import type { Operation } from "./operations.js";
import { identityOperation, projection } from "./operations.js";

/** What an energy model says of a crystal. */
export interface EnergyResult {
  /** eV per cell. */
  readonly energy: number;
  /** [N] eV: what each atom adds to it. */
  readonly siteEnergies: readonly number[];
  /** [N][3] eV/Angstrom, Cartesian. */
  readonly forces: readonly Vector3[];
  /** GPa, Cartesian; tension is positive: the pressure is minus a third of its trace. */
  readonly stress: Matrix3;
  /** [N] Bohr magnetons, without sign. */
  readonly magneticMoments: readonly number[];
  /** [N][F]: what the network knows of each atom's surroundings. */
  readonly siteFeatures: readonly Float32Array[];
}

/** Energies, forces and stresses of crystals in batches. */
export interface Potential {
  readonly model: EnergyModel;
  /**
   * @param operations symmetry that each crystal has exactly (`symmetryOperations`), which makes it many times faster;
   *   default: none
   * @throws Error naming the crystal (by its place in the list) that is invalid, or has an element that the model does not know,
   *   or an atom without neighbours
   */
  evaluate(
    crystals: readonly CrystalLike[],
    operations?: readonly (readonly Operation[] | undefined)[],
  ): Promise<EnergyResult[]>;
  /** The same, with an error in the place of what cannot be judged. */
  evaluateEach(
    crystals: readonly CrystalLike[],
    operations?: readonly (readonly Operation[] | undefined)[],
  ): Promise<(EnergyResult | Error)[]>;
  /** Frees its programs; what is called after it throws DisposedError. */
  dispose(): void;
  /** The same, for `using`. */
  [Symbol.dispose](): void;
}

/** An energy model on an engine. Programs are compiled when a size of graph is met for the first time. */
export function energyPotential(engine: Engine, model: EnergyModel): Potential {
  const programs = createProgramCache(engine, 24);
  const disposal = new Disposal("energy potential");
  const evaluateEach: Potential["evaluateEach"] = async (list, operations = []) => {
    disposal.check();
    const prepared = list.map((like, k) => prepare(model, crystalOf(like), operations[k], `crystal ${k + 1}`));
    const results: (EnergyResult | Error)[] = prepared.map((found) => (found instanceof Error ? found : missing));
    const judged = prepared.flatMap((found, k) => (found instanceof Error ? [] : [{ ...found, index: k }]));
    for (const batch of packGraphs(judged.map(({ graph }) => graph))) {
      const { shape } = batch;
      const program = await programs.get(Object.values(shape).join(" "), () => energyProgram(model, shape));
      const outputs = (await program.run(batchArrays(judged, batch))) as Float32Array[];
      for (const placement of batch.placements) {
        const one = judged[placement.graph];
        results[one.index] = resultOf(one, { model, batch, placement, outputs });
      }
    }
    return results;
  };
  const dispose = () => {
    if (disposal.end()) programs.dispose();
  };
  return {
    model,
    evaluateEach,
    evaluate: async (list, operations) => {
      const results = await evaluateEach(list, operations);
      return results.map((result) => {
        if (result instanceof Error) throw result;
        return result;
      });
    },
    dispose,
    [Symbol.dispose]: dispose,
  };
}

const missing = new Error("energy: not computed");

interface Prepared extends KnownGraph {
  readonly crystal: Crystal;
  readonly operations: readonly Operation[];
}

/** A crystal with its graph, or what is wrong with it. */
function prepare(
  model: EnergyModel,
  crystal: Crystal,
  operations: readonly Operation[] | undefined,
  source: string,
): Prepared | Error {
  try {
    assertKnown(crystal, model, source);
    const symmetry = operations ?? [identityOperation(crystal)];
    const graph = crystalGraph(crystal, symmetry, model.config);
    return { crystal, operations: symmetry, graph, basis: graphBasis(graph, model) };
  } catch (cause) {
    const { message } = cause as Error;
    return message.startsWith(source) ? (cause as Error) : new Error(`${source}: ${message}`, { cause });
  }
}

function assertKnown(crystal: Crystal, { config }: EnergyModel, source: string): void {
  assertCrystal(crystal, source);
  const unknown = crystal.atomicNumbers.find((z) => z > config.elementCount);
  if (unknown !== undefined)
    throw new Error(`${source}: expected elements up to number ${config.elementCount}, found ${unknown}`);
}

/**
 * Site energies [R, N], magnetic moments [R, N], features [R, N, F] and the energy's derivatives by the values of the three
 * bases.
 */
function energyProgram(model: EnergyModel, shape: BatchShape): ProgramSource {
  const specs = batchSpecs(shape, model.config);
  return {
    name: `energy of ${shape.rows} rows of ${shape.atoms} atoms, ${shape.bonds} bonds, ${shape.angles} angles`,
    inputs: specs,
    constants: [...model.parameters.values()],
    fn: (...tensors) => {
      const weights = nameTensors(model.parameters, tensors.slice(specs.length));
      const bases = tensors.slice(0, 3);
      const [from, to, centre, first, second, ...others] = tensors.slice(3);
      const [atomCounts, bondCounts, angleCounts, elements] = others;
      const fixed = { elements, from, to, centre, first, second, atomCounts, bondCounts, angleCounts };
      const outputs: tf.Tensor[] = [];
      const total = (atomBasis: tf.Tensor, bondBasis: tf.Tensor, angleBasis: tf.Tensor): tf.Scalar => {
        const graph: GraphTensors = { ...fixed, atomBasis, bondBasis, angleBasis };
        const { energies, magneticMoments, features } = energyNetwork(weights, model.config, graph);
        outputs.push(...[energies, magneticMoments, features].map((t) => tf.keep(t)));
        return energies.mul(atomCounts).sum();
      };
      const gradients = tf.grads(total)(bases);
      const values = outputs.map((t) => t.clone());
      tf.dispose(outputs);
      return [...values, ...gradients];
    },
  };
}

interface BatchOutputs {
  readonly model: EnergyModel;
  readonly batch: Batch;
  readonly placement: Placement;
  readonly outputs: readonly Float32Array[];
}

function resultOf(
  { crystal, operations, graph, basis }: Prepared,
  { model, batch: { shape }, placement, outputs: [energies, moments, features, ...gradients] }: BatchOutputs,
): EnergyResult {
  const { atoms: N, bonds: U, short: S, angles: G } = shape;
  const { row } = placement;
  const F = model.config.featureDim;
  const references = model.parameters.get("composition_model.fc.weight")!.data;
  const place = graph.classOfAtom.map((c) => row * N + placement.atoms + c);
  const siteEnergies = place.map((at, i) => energies[at] + references[crystal.atomicNumbers[i] - 1]);
  const byDistance = graph.bonds.map((_, k) => {
    const all = contract(basis.atom, k, gradients[0], row * U + bondPlace(shape, placement, graph, k));
    return k < graph.shortCount ? all + contract(basis.bond, k, gradients[1], row * S + placement.short + k) : all;
  });
  const byAngle = graph.angles.map((_, k) => contract(basis.angle, k, gradients[2], row * G + placement.angles + k));
  const symmetry = projection(crystal.latticeMatrix, operations);
  const { forces, stress } = derivatives(crystal, graph, { byDistance, byAngle }, symmetry);
  return {
    energy: siteEnergies.reduce((sum, e) => sum + e, 0),
    siteEnergies,
    forces,
    stress,
    magneticMoments: place.map((at) => moments[at]),
    siteFeatures: place.map((at) => features.slice(at * F, (at + 1) * F)),
  };
}
