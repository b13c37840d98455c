import { formula } from "../crystal/index.js";
import { assignmentsOf, likelyAssignments, type GroupChoices } from "./assignments.js";
import { elementDescriptor } from "./descriptors.js";
import type { ElementProbability } from "./element-proposer.js";

/** What compositions are proposed, and which are allowed. */
export interface CompositionOptions {
  /** Distinct compositions to propose. Default 16. */
  readonly count?: number;
  /** Sites that share their element, as `equalSites` finds them. Default: each site by itself. */
  readonly groups?: readonly (readonly number[])[];
  /** Atomic numbers that may occur. */
  readonly elements?: readonly number[];
  /** Atomic numbers that must all occur, and no other. */
  readonly chemicalSystem?: readonly number[];
  /** Atomic number -> number of atoms in the cell, exactly. */
  readonly composition?: ReadonlyMap<number, number>;
  /** Site (0-based) -> atomic number that it must have. Its equals are free. */
  readonly fixed?: ReadonlyMap<number, number>;
  /** Whatever else a composition must fulfil, such as charge neutrality: judges the atoms of a cell. */
  readonly accept?: (atomicNumbers: readonly number[]) => boolean;
}

/** One composition, with its likeliest arrangement. */
export interface ProposedComposition {
  readonly formula: string;
  /** [N] by site: of all arrangements of this composition the likeliest. */
  readonly atomicNumbers: readonly number[];
  /** Sum over its arrangements of the product over groups of sites, among the allowed elements. */
  readonly probability: number;
}

/** The likeliest compositions of a target. */
export interface CompositionProposal {
  /** Distinct, likeliest first. */
  readonly compositions: readonly ProposedComposition[];
  /** False where the search ended before it was certain that no likelier composition is missing (many unlike sites). */
  readonly exact: boolean;
  /** What a user should know, in sentences. */
  readonly notes: readonly string[];
}

/** Below this probability a composition is allowed rather than likely. */
const unlikely = 1e-6;

/**
 * The likeliest compositions of a cell whose sites are told one by one: products over groups of equal sites, summed over the
 * arrangements that make one composition.
 *
 * Where the constraints leave nothing that has a probability, what is nearest to the likely elements in the periodic table is
 * proposed, and where they leave nothing at all, what fulfils them in part; a note says so.
 *
 * @param sites [N] probabilities of each site's elements (`ElementProposer.propose`)
 * @throws Error when there is no site, or a composition does not have as many atoms as the cell
 */
export function proposeCompositions(
  sites: readonly (readonly ElementProbability[])[],
  options: CompositionOptions = {},
): CompositionProposal {
  const { count = 16, composition } = options;
  if (sites.length === 0) throw new Error("compositions: expected the probabilities of at least one site, found none");
  if (!(Number.isInteger(count) && count > 0)) throw new Error(`compositions: count must be a whole number above 0, found ${count}`); // prettier-ignore
  const asked = (options.groups ?? sites.map((_, site) => [site])).flatMap((group) =>
    group.some((site) => options.fixed?.has(site)) ? group.map((site) => [site]) : [group],
  );
  const notes: string[] = [];
  if (composition) return fixedComposition(sites, composition, { groups: asked, fixed: options.fixed });
  const allowed = allowedElements(options);
  const groups = asked.map((members) =>
    choices(sites, members, { allowed, all: options.chemicalSystem !== undefined, fixed: options.fixed }),
  );
  const accepts = (atoms: readonly number[]): boolean =>
    (options.chemicalSystem?.every((z) => atoms.includes(z)) ?? true) && (options.accept?.(atoms) ?? true);
  let found = likelyAssignments(groups, sites.length, count, accepts);
  if (found.arrangements.length === 0) {
    notes.push(
      `no composition that was searched (${found.searched}) fulfils all constraints: proposed are those of the allowed elements that break one`,
    );
    found = likelyAssignments(groups, sites.length, count, () => true);
  }
  const compositions = found.arrangements.map(({ atomicNumbers, probability }) => ({
    formula: formula(atomicNumbers),
    atomicNumbers,
    probability,
  }));
  return { compositions, exact: found.exact, notes: [...notes, ...doubts(groups, sites, options.fixed)] };
}

function allowedElements({ elements, chemicalSystem }: CompositionOptions): readonly number[] | undefined {
  if (!elements || !chemicalSystem) return chemicalSystem ?? elements;
  const missing = chemicalSystem.find((z) => !elements.includes(z));
  if (missing === undefined) return chemicalSystem;
  throw new Error(`compositions: the chemical system has element ${missing}, which the allowed elements lack`);
}

/** The one composition that is wanted, in its likeliest arrangement; groups are parted where it asks for it. */
function fixedComposition(
  sites: readonly (readonly ElementProbability[])[],
  composition: ReadonlyMap<number, number>,
  { groups: asked = [], fixed }: Pick<CompositionOptions, "groups" | "fixed">,
): CompositionProposal {
  const atoms = [...composition.values()].reduce((a, b) => a + b, 0);
  if (atoms !== sites.length)
    throw new Error(`compositions: the composition has ${atoms} atoms, expected ${sites.length} (the cell's sites)`);
  const each = sites.map((_, site) => [site]);
  for (const parts of [asked, each]) {
    const groups = parts.map((members) =>
      choices(sites, members, { allowed: [...composition.keys()], all: true, fixed }),
    );
    const made = assignmentsOf(groups, sites.length, composition);
    if (!made) continue;
    const parted =
      parts === asked ? [] : ["sites with equal spectra were given different elements, as the composition asks"];
    const one = { formula: formula(made.atomicNumbers), ...made };
    return { compositions: [one], exact: true, notes: [...parted, ...doubts(groups, sites, fixed)] };
  }
  throw new Error("compositions: the composition has no place for the elements that are fixed, or parts of atoms");
}

interface Allowed {
  /** Atomic numbers; absent: whatever has a probability. */
  readonly allowed?: readonly number[];
  /** Whether each of them may be needed, even one without a probability. Else such are used only where no other is allowed. */
  readonly all: boolean;
  readonly fixed?: ReadonlyMap<number, number>;
}

/** A group's elements, likeliest first, with probabilities among the allowed that sum to 1. */
function choices(
  sites: readonly (readonly ElementProbability[])[],
  members: readonly number[],
  { allowed, all, fixed }: Allowed,
): GroupChoices {
  const certain = fixed?.get(members[0]);
  if (certain !== undefined) return { members, elements: [{ atomicNumber: certain, probability: 1 }] };
  const mean = new Map<number, number>();
  for (const site of members)
    for (const { atomicNumber, probability } of sites[site])
      mean.set(atomicNumber, (mean.get(atomicNumber) ?? 0) + probability / members.length);
  const own = allowed ? [...new Set(allowed)].map((z) => [z, mean.get(z) ?? 0] as const) : [...mean];
  const likely = own.filter(([, p]) => p > 0);
  const used = all || likely.length === 0 ? own : likely;
  const weighted = used.map(([z, p]) => [z, p > 0 ? p : likeness(z, mean)] as const);
  const total = weighted.reduce((sum, [, p]) => sum + p, 0);
  return {
    members,
    elements: weighted.map(([z, p]) => ({ atomicNumber: z, probability: p / total })).sort((a, b) => b.probability - a.probability), // prettier-ignore
  };
}

/** What an element that has no probability counts as: next to nothing, more if it resembles likely ones. */
function likeness(z: number, likely: ReadonlyMap<number, number>): number {
  const own = elementDescriptor(z);
  const share = [...likely].reduce((sum, [other, p]) => {
    const distance = elementDescriptor(other).reduce((d, x, i) => d + (x - own[i]) ** 2, 0);
    return sum + p * Math.exp(-distance);
  }, 0);
  return 1e-9 * (share + 1e-6);
}

/** What to say of sites whose allowed elements had next to no probability of their own. */
function doubts(
  groups: readonly GroupChoices[],
  sites: readonly (readonly ElementProbability[])[],
  fixed: ReadonlyMap<number, number> | undefined,
): string[] {
  return groups.flatMap(({ members, elements }) => {
    if (fixed?.has(members[0])) return [];
    const allowed = new Set(elements.map(({ atomicNumber }) => atomicNumber));
    const mass = sites[members[0]].reduce((sum, { atomicNumber, probability }) => sum + (allowed.has(atomicNumber) ? probability : 0), 0); // prettier-ignore
    if (mass >= unlikely) return [];
    return [`site ${members.join(", ")}: the allowed elements have a probability of ${mass.toExponential(0)}: the nearest of them are proposed`]; // prettier-ignore
  });
}
