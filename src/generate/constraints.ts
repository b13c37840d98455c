import { repeatArray } from "../data/index.js";
import type { Constraint, Field } from "../diffusion/index.js";
import { allowedClasses, exactComposition, hold } from "../diffusion/index.js";
import type { DenoiserModel } from "../model/index.js";
import { assertConsistent, pinnedTypes } from "./checks.js";
import { crystalState } from "./crystal-state.js";
import type { ConstraintContext, ConstraintMaker, GenerateOptions } from "./options.js";

/** The constraints that options can ask for, in the order in which they are applied. */
export const constraintMakers: ConstraintMaker[] = [typeConstraint, templateConstraints];

/**
 * What the options forbid or fix, as constraints on a block.
 * @throws Error when they contradict each other or the number of atoms
 */
export function makeConstraints(options: GenerateOptions, context: ConstraintContext): Constraint[] {
  assertConsistent(options, context.model, context.shape.atomsPerCrystal);
  return [...constraintMakers, ...(options.constraints ?? [])].flatMap((make) => make(options, context));
}

/** Which elements there may be, how many atoms of each, and which atoms are certain. */
function typeConstraint(options: GenerateOptions, { model, shape }: ConstraintContext): Constraint[] {
  const { composition, elements } = options;
  const pins = new Map([...pinnedTypes(options)].map(([site, z]) => [site, z - 1]));
  if (composition) return [exactComposition(new Map([...composition].map(([z, n]) => [z - 1, n])), shape, pins)];
  const allowed = elements ?? (model.elements.length > 0 ? model.elements : allElements(model));
  return [allowedClasses(new Set(allowed.map((z) => z - 1)), shape, pins)];
}

/** What is kept of a template. */
function templateConstraints({ template }: GenerateOptions, { model, shape, noise }: ConstraintContext): Constraint[] {
  if (!template) return [];
  const { lattice, coords, types } = template.keep;
  const clean = crystalState(template.crystal, shape.batchSize, model.config);
  const held = (field: Field, rows: readonly number[]): Constraint =>
    hold({ field, shape, values: clean[field], rows: Array.from(repeatArray(rows, shape.batchSize), Boolean) }, noise);
  const atoms = (sites: true | readonly number[]): number[] =>
    Array.from({ length: shape.atomsPerCrystal }, (_, i) => Number(sites === true || sites.includes(i)));
  return [
    ...(lattice ? [held("lattice", [1])] : []),
    ...(coords ? [held("fracCoords", atoms(coords))] : []),
    ...(types ? [held("types", atoms(types))] : []),
  ];
}

function allElements({ config }: DenoiserModel): number[] {
  return Array.from({ length: config.classCount }, (_, c) => c + 1);
}
