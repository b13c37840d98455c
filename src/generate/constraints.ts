import munkres from "munkres-js";
import { elementSymbol } from "../crystal/index.js";
import type { Constraint, NoiseSource, Schedule, TypeProjection } from "../diffusion/index.js";
import { allowedClasses, exactComposition, hold, restrictTypes } from "../diffusion/index.js";
import type { DenoiserModel } from "../model/index.js";
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
  const { soften, decide } = typeRestriction(options, model);
  return [restrictTypes(schedule, soften, decide), ...heldFields(options, model, atoms, batchSize, schedule, noise)];
}

function typeRestriction(
  { composition, elements, fixTypes }: GenerateOptions,
  model: DenoiserModel,
): { soften: TypeProjection; decide: TypeProjection } {
  if (!composition) {
    const allowed = elements ?? (model.elements.length > 0 ? model.elements : allElements(model));
    return pinned(allowedClasses(new Set([...allowed, ...(fixTypes?.values() ?? [])].map((z) => z - 1))), fixTypes);
  }
  return pinned(
    exactComposition(new Map([...composition].map(([z, n]) => [z - 1, n])), (cost) =>
      munkres(cost).map(([, place]) => place),
    ),
    fixTypes,
  );
}

/** Fixed types are certain before the restriction looks, so that an exact composition counts them. */
function pinned(
  restriction: { soften: TypeProjection; decide: TypeProjection },
  fixTypes: GenerateOptions["fixTypes"],
): typeof restriction {
  const pin =
    (project: TypeProjection): TypeProjection =>
    (types, atoms, classCount) => {
      for (const [site, z] of fixTypes ?? []) {
        types.fill(-1e3, site * classCount, (site + 1) * classCount);
        types[site * classCount + z - 1] = 1e3;
      }
      project(types, atoms, classCount);
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

function assertConsistent(
  { composition, elements, fixTypes, template, seedCrystal }: GenerateOptions,
  model: DenoiserModel,
  atoms: number,
): void {
  const total = [...(composition?.values() ?? [])].reduce((a, b) => a + b, 0);
  if (composition && total !== atoms) throw new Error(`composition: it has ${total} atoms, the cell has ${atoms}`);
  if (composition && elements) {
    const outside = [...composition.keys()].filter((z) => !elements.includes(z)).map(elementSymbol);
    if (outside.length > 0) throw new Error(`composition: ${outside.join(", ")} is not among the allowed elements`);
  }
  for (const z of [...(elements ?? []), ...(composition?.keys() ?? []), ...(fixTypes?.values() ?? [])])
    if (!Number.isInteger(z) || z < 1 || z > model.config.classCount)
      throw new Error(`elements: the model knows Z = 1 to ${model.config.classCount}, found ${z}`);
  const fixed = new Map<number, number>();
  for (const [site, z] of fixTypes ?? []) {
    if (!Number.isInteger(site) || site < 0 || site >= atoms)
      throw new Error(`fixed types: site ${site} does not exist; the cell has sites 0 to ${atoms - 1}`);
    fixed.set(z, (fixed.get(z) ?? 0) + 1);
  }
  for (const [z, n] of fixed)
    if (composition && n > (composition.get(z) ?? 0))
      throw new Error(
        `composition: ${n} sites are fixed to ${elementSymbol(z)}, but it has ${composition.get(z) ?? 0}`,
      );
  for (const [what, crystal] of [
    ["template", template?.crystal],
    ["seed crystal", seedCrystal],
  ] as const)
    if (crystal && crystal.atomicNumbers.length !== atoms)
      throw new Error(`${what}: it has ${crystal.atomicNumbers.length} atoms, the cell has ${atoms}`);
  for (const sites of [template?.keep.coords, template?.keep.types])
    if (Array.isArray(sites))
      for (const site of sites as number[])
        if (!(site >= 0 && site < atoms))
          throw new Error(`template: site ${site} does not exist; the cell has sites 0 to ${atoms - 1}`);
}

function allElements({ config }: DenoiserModel): number[] {
  return Array.from({ length: config.classCount }, (_, c) => c + 1);
}
