import { elementSymbol } from "../crystal/index.js";
import type { DenoiserModel } from "../model/index.js";
import type { GenerateOptions } from "./options.js";

/** Site -> atomic number that is certain: fixed by an option or kept from the template. */
export type Pins = ReadonlyMap<number, number>;

export function pinnedTypes({ fixTypes, template }: GenerateOptions): Pins {
  const types = template?.crystal.atomicNumbers ?? [];
  const kept = template?.keep.types === true ? types.map((_, site) => site) : (template?.keep.types ?? []);
  return new Map([...kept.map((site) => [site, types[site]] as const), ...(fixTypes ?? [])]);
}

/** @throws Error that names the first option that cannot be */
export function assertSettings({
  count = 1,
  batchSize = 1,
  steps = 1,
  frameEvery = 1,
  guidanceWeight = 0,
  guidanceInterval: [from, to] = [0, 1],
  eta = 0,
  coordEta = 0,
  order = 1,
  spacing = 1,
  correctorStepSize = 0,
}: GenerateOptions): void {
  for (const [name, value, least] of [
    ["count", count, 0],
    ["batchSize", batchSize, 1],
    ["steps", steps, 1],
    ["frameEvery", frameEvery, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      throw new Error(`${name}: expected an integer of at least ${least}, found ${value}`);
  if (!Number.isFinite(guidanceWeight)) throw new Error(`guidanceWeight: expected a number, found ${guidanceWeight}`);
  if (!(0 <= from && from <= to && to <= 1))
    throw new Error(`guidanceInterval: expected 0 <= from <= to <= 1, found ${from} to ${to}`);
  if (!(eta >= 0 && eta <= 1)) throw new Error(`eta: expected a number from 0 to 1, found ${eta}`);
  if (coordEta !== "all" && !(coordEta >= 0 && coordEta < Infinity))
    throw new Error(`coordEta: expected a number of at least 0 or "all", found ${coordEta}`);
  if (order !== 1 && order !== 2) throw new Error(`order: expected 1 or 2, found ${String(order)}`);
  if (!(spacing >= 0.5 && spacing <= 4)) throw new Error(`spacing: expected a number from 0.5 to 4, found ${spacing}`);
  if (!(correctorStepSize >= 0 && correctorStepSize < Infinity))
    throw new Error(`correctorStepSize: expected a number of at least 0, found ${correctorStepSize}`);
}

/** @throws Error when the options contradict each other, the model or the number of atoms */
export function assertConsistent(options: GenerateOptions, model: DenoiserModel, atoms: number): void {
  assertElements(options, model);
  assertComposition(options, atoms);
  assertSites(options, atoms);
  assertPins(options);
}

function assertElements({ elements, composition, fixTypes }: GenerateOptions, { config }: DenoiserModel): void {
  for (const z of [...(elements ?? []), ...(composition?.keys() ?? []), ...(fixTypes?.values() ?? [])])
    if (!Number.isInteger(z) || z < 1 || z > config.classCount)
      throw new Error(`elements: the model knows Z = 1 to ${config.classCount}, found ${z}`);
}

function assertComposition({ composition, elements }: GenerateOptions, atoms: number): void {
  if (!composition) return;
  for (const [z, n] of composition)
    if (!Number.isInteger(n) || n < 0)
      throw new Error(`composition: expected a whole number of ${elementSymbol(z)} atoms, found ${n}`);
  const total = [...composition.values()].reduce((a, b) => a + b, 0);
  if (total !== atoms) throw new Error(`composition: it has ${total} atoms, the cell has ${atoms}`);
  const outside = elements ? [...composition.keys()].filter((z) => !elements.includes(z)).map(elementSymbol) : [];
  if (outside.length > 0) throw new Error(`composition: ${outside.join(", ")} is not among the allowed elements`);
}

function assertSites({ fixTypes, template, initStructure }: GenerateOptions, atoms: number): void {
  for (const [what, crystal] of [
    ["template", template?.crystal],
    ["initStructure", initStructure],
  ] as const)
    if (crystal && crystal.atomicNumbers.length !== atoms)
      throw new Error(`${what}: it has ${crystal.atomicNumbers.length} atoms, the cell has ${atoms}`);
  const listed = (sites: true | readonly number[] | undefined): readonly number[] =>
    sites === true ? [] : (sites ?? []);
  for (const [what, sites] of [
    ["fixTypes", [...(fixTypes?.keys() ?? [])]],
    ["template", [...listed(template?.keep.coords), ...listed(template?.keep.types)]],
  ] as const)
    for (const site of sites)
      if (!Number.isInteger(site) || site < 0 || site >= atoms)
        throw new Error(`${what}: site ${site} does not exist; the cell has sites 0 to ${atoms - 1}`);
}

/** What is certain must be possible. */
function assertPins(options: GenerateOptions): void {
  const { composition, elements, fixTypes } = options;
  const kept = pinnedTypes({ template: options.template });
  const counts = new Map<number, number>();
  for (const [site, z] of pinnedTypes(options)) {
    const keeps = kept.get(site) ?? z;
    if (keeps !== z)
      throw new Error(
        `fixTypes: site ${site} is fixed to ${elementSymbol(z)}, but the template keeps ${elementSymbol(keeps)}`,
      );
    if (elements && !elements.includes(z))
      throw new Error(
        `${fixTypes?.has(site) ? "fixTypes" : "template"}: site ${site} is ${elementSymbol(z)}, which is not among the allowed elements`,
      );
    counts.set(z, (counts.get(z) ?? 0) + 1);
  }
  for (const [z, n] of counts)
    if (composition && n > (composition.get(z) ?? 0))
      throw new Error(
        `composition: ${n} sites are fixed to ${elementSymbol(z)}, but it has ${composition.get(z) ?? 0}`,
      );
}
