import { cheapestAssignment } from "../base/assignment.js";
import type { Constraint, NoiseSource, Schedule, TypeProjection, TypeRestriction } from "../diffusion/index.js";
import { allowedClasses, exactComposition, hold, restrictTypes } from "../diffusion/index.js";
import type { DenoiserModel } from "../model/index.js";
import type { Pins } from "./checks.js";
import { assertConsistent, pinnedTypes } from "./checks.js";
import { crystalState } from "./crystal-state.js";
import type { GenerateOptions } from "./options.js";

/**
 * What the options forbid or fix, as constraints on a block of N atoms.
 * @throws Error when they contradict each other or the number of atoms
 */
export function makeConstraints(
  options: GenerateOptions,
  model: DenoiserModel,
  atoms: number,
  batchSize: number,
  schedule: Schedule,
  noise: NoiseSource,
): Constraint[] {
  assertConsistent(options, model, atoms);
  const restriction = typeRestriction(options, model, pinnedTypes(options));
  return [restrictTypes(schedule, restriction), ...heldFields(options, model, atoms, batchSize, schedule, noise)];
}

function typeRestriction(
  { composition, elements }: GenerateOptions,
  model: DenoiserModel,
  pins: Pins,
): TypeRestriction {
  if (!composition) {
    const allowed = elements ?? (model.elements.length > 0 ? model.elements : allElements(model));
    const restriction = allowedClasses(new Set(allowed.map((z) => z - 1)), model.config.classCount);
    return pins.size > 0 ? pinned(restriction, pins) : restriction;
  }
  return pinned(exactComposition(new Map([...composition].map(([z, n]) => [z - 1, n])), cheapestAssignment), pins);
}

/**
 * Pinned types are certain before the restriction looks, so that an exact composition counts them, and after it, since
 * other sites' restrictions are not theirs.
 */
function pinned(restriction: TypeRestriction, pins: Pins): TypeRestriction {
  const set = (types: Float32Array, classCount: number, yes: number, no: number): void => {
    for (const [site, z] of pins) {
      types.fill(no, site * classCount, (site + 1) * classCount);
      types[site * classCount + z - 1] = yes;
    }
  };
  const pin =
    (project: TypeProjection): TypeProjection =>
    (types, atoms, classCount) => {
      set(types, classCount, 1e3, -1e3);
      project(types, atoms, classCount);
      set(types, classCount, 1, 0);
    };
  return { soften: pin(restriction.soften), decide: pin(restriction.decide) };
}

function heldFields(
  options: GenerateOptions,
  model: DenoiserModel,
  atoms: number,
  batchSize: number,
  schedule: Schedule,
  noise: NoiseSource,
): Constraint[] {
  if (!options.template) return [];
  const { crystal, keep } = options.template;
  const clean = crystalState(crystal, batchSize, model.config);
  const rows = (sites: true | readonly number[] | undefined): boolean[] =>
    Array.from({ length: batchSize * atoms }, (_, i) => sites === true || (sites?.includes(i % atoms) ?? false));
  return [
    ...(keep.lattice
      ? [hold({ field: "lattice", values: clean.lattice, rows: Array<boolean>(batchSize).fill(true) }, schedule, noise)]
      : []),
    ...(keep.coords
      ? [hold({ field: "fracCoords", values: clean.fracCoords, rows: rows(keep.coords) }, schedule, noise)]
      : []),
    ...(keep.types ? [hold({ field: "types", values: clean.types, rows: rows(keep.types) }, schedule, noise)] : []),
  ];
}

function allElements({ config }: DenoiserModel): number[] {
  return Array.from({ length: config.classCount }, (_, c) => c + 1);
}
