import type { Crystal, CrystalLike } from "../crystal/index.js";
import { crystalOf, symmetrise } from "../crystal/index.js";
import type { Engine } from "../runtime/index.js";
import type { EnergyModel } from "./checkpoint.js";
import type { Fixed, Freedom } from "./freedom.js";
import { freedomOf, usualCurvature } from "./freedom.js";
import type { StepMemory } from "./lbfgs.js";
import { emptyMemory, quasiNewtonStep, remember } from "./lbfgs.js";
import type { Operation } from "./operations.js";
import { identityOperation, symmetryOperations } from "./operations.js";
import type { EnergyResult, Potential } from "./potential.js";
import { energyPotential } from "./potential.js";

/** How crystals are relaxed. */
export interface RelaxOptions {
  /**
   * Symmetry within this tolerance (Angstrom) is made exact before the first step and held; false: none is. Default 0.05.
   * Freed from it, the model walks away from hypothetical crystals.
   */
  readonly symmetry?: number | false;
  /** What stays as it is. Default: nothing. */
  readonly fixed?: Fixed;
  /** Converged when no force is larger, eV/Angstrom; default 0.03. */
  readonly maxForce?: number;
  /** Converged when no component of the stress is larger, GPa; default 0.1. */
  readonly maxStress?: number;
  /** Evaluations of the model after which a crystal is given up; default 100. */
  readonly maxSteps?: number;
}

/** What became of a crystal. */
export interface Relaxation {
  /** Its place in the list that was given. */
  readonly index: number;
  /** The relaxed crystal: atoms in the order given. The last one that could be judged, where it did not converge. */
  readonly crystal: Crystal;
  readonly converged: boolean;
  /** Why it did not converge. */
  readonly problem?: string;
  /** Evaluations of the model. */
  readonly steps: number;
  /** What the model says of the relaxed crystal; absent where it could not judge even the first one. */
  readonly result?: EnergyResult;
  /** Operations that were held, the identity among them. */
  readonly operationCount: number;
}

/** Yielded after every evaluation of all crystals that still move. */
export interface RelaxProgress {
  /** From 1. */
  readonly step: number;
  readonly total: number;
  /** Crystals that still move. */
  readonly running: number;
  /** Those that ended at this step. */
  readonly finished: readonly Relaxation[];
}

/**
 * Relaxes crystals together: atoms and cells by L-BFGS on the model's energy. A crystal that does not converge, or that the model
 * cannot judge, says so in its result and harms no other one.
 * @returns all results, in the order of the crystals
 */
export async function* relaxCrystals(
  engine: Engine,
  model: EnergyModel,
  crystals: readonly CrystalLike[],
  options: RelaxOptions = {},
): AsyncGenerator<RelaxProgress, Relaxation[]> {
  const potential = energyPotential(engine, model);
  try {
    return yield* relaxWith(potential, crystals, options);
  } finally {
    potential.dispose();
  }
}

/** The same with a potential that the caller keeps, and with it its compiled programs. */
export async function* relaxWith(
  potential: Potential,
  crystals: readonly CrystalLike[],
  options: RelaxOptions = {},
): AsyncGenerator<RelaxProgress, Relaxation[]> {
  const results: Relaxation[] = [];
  let running = crystals.map((crystal, index) => startOf(crystalOf(crystal), index, options));
  for (let step = 1; running.length > 0; step++) {
    const found = await potential.evaluateEach(
      running.map(({ next }) => next),
      running.map(({ operations }) => operations),
    );
    const finished: Relaxation[] = [];
    running = running.filter((walker, k) => {
      const end = advance(walker, found[k], options);
      if (end) finished.push((results[walker.index] = end));
      return !end;
    });
    yield { step, total: crystals.length, running: running.length, finished };
  }
  return results;
}

/** Runs a relaxation to its end. */
export async function relaxed(progress: AsyncGenerator<RelaxProgress, Relaxation[]>): Promise<Relaxation[]> {
  for (;;) {
    const { done, value } = await progress.next();
    if (done) return value;
  }
}

/** A crystal on its way down. */
interface Walker {
  readonly index: number;
  readonly operations: readonly Operation[];
  readonly freedom: Freedom;
  /** The crystal to be judged next. */
  next: Crystal;
  /** The best one so far, with what the model said of it. */
  best?: { readonly crystal: Crystal; readonly result: EnergyResult; readonly gradient: Float64Array };
  /** The step from the best one to the next. */
  step: Float64Array;
  memory: StepMemory;
  /** The longest step, Angstrom. */
  reach: number;
  steps: number;
}

const longestReach = 0.2;
const shortestReach = 1e-4;

/** eV an atom: differences of energies below are the rounding of single precision. */
const rounding = 2e-6;

function startOf(given: Crystal, index: number, { symmetry = 0.05, fixed = {} }: RelaxOptions): Walker {
  const { crystal, operations } = held(given, symmetry);
  return {
    ...{ index, operations, freedom: freedomOf(crystal, operations, fixed), next: crystal },
    ...{ step: new Float64Array(), memory: emptyMemory, reach: longestReach, steps: 0 },
  };
}

/** An invalid crystal has no symmetry either; the potential reports what is wrong with it. */
function held(crystal: Crystal, tolerance: number | false) {
  if (tolerance === false) return { crystal, operations: [identityOperation(crystal)] };
  try {
    const exact = symmetrise(crystal, tolerance);
    return { crystal: exact, operations: symmetryOperations(exact, 1e-3) };
  } catch {
    return { crystal, operations: [identityOperation(crystal)] };
  }
}

/** Takes what the model said of the next crystal; the result where this was the end. */
function advance(walker: Walker, found: EnergyResult | Error, options: RelaxOptions): Relaxation | undefined {
  const { maxForce = 0.03, maxStress = 0.1, maxSteps = 100 } = options;
  walker.steps++;
  if (found instanceof Error) {
    if (!walker.best) return endOf(walker, found.message);
    retreat(walker);
  } else if (walker.best && found.energy > walker.best.result.energy + rounding * walker.next.atomicNumbers.length) {
    retreat(walker);
  } else {
    accept(walker, found);
    const { force, stress } = walker.freedom.residual(walker.next, found);
    if (force <= maxForce && stress <= maxStress) return endOf(walker);
  }
  if (walker.steps >= maxSteps) return endOf(walker, `not converged after ${maxSteps} steps`);
  if (walker.reach < shortestReach) return endOf(walker, "no step lowers the energy any more");
  const { crystal, gradient } = walker.best!;
  walker.step = walker.freedom.limited(quasiNewtonStep(walker.memory, gradient, usualCurvature), walker.reach);
  walker.next = walker.freedom.move(crystal, walker.step);
  return undefined;
}

function accept(walker: Walker, result: EnergyResult): void {
  const gradient = walker.freedom.gradient(walker.next, result);
  const { best } = walker;
  if (best)
    walker.memory = remember(
      walker.memory,
      walker.step,
      gradient.map((g, k) => g - best.gradient[k]),
    );
  walker.best = { crystal: walker.next, result, gradient };
  walker.reach = Math.min(longestReach, 1.5 * walker.reach);
}

/** A step that raised the energy, or led where the model knows nothing, is taken back; the next one is shorter. */
function retreat(walker: Walker): void {
  walker.reach = Math.min(walker.reach, lengthOf(walker.step)) / 4;
  walker.memory = emptyMemory;
}

const lengthOf = (step: Float64Array): number => Math.max(...step.map(Math.abs));

function endOf({ index, best, next, steps, operations }: Walker, problem?: string): Relaxation {
  return {
    ...{ index, steps, operationCount: operations.length, converged: problem === undefined },
    crystal: best?.crystal ?? next,
    ...(best && { result: best.result }),
    ...(problem !== undefined && { problem }),
  };
}
