import highsModule, { type Highs } from "highs";
import { composition, formula } from "../crystal/index.js";

// The package's types describe its CommonJS form; an import gets its ES module, whose default is the loader itself.
const loadHighs = highsModule as unknown as typeof highsModule.default;
let loading: Promise<Highs> | undefined;

/** A computed phase: its composition and its energy at the settings of all the others. */
export interface Phase {
  readonly id: string;
  readonly atomicNumbers: readonly number[];
  /** eV per atom. */
  readonly energyPerAtom: number;
}

/** Where a phase lies relative to the others. */
export type HullAnswer =
  | {
      readonly kind: "hull";
      /** Energy above the convex hull of the known phases, eV per atom; negative: below all that is known. */
      readonly energyAboveHull: number;
      /** Against the elements' most stable phases, eV per atom. */
      readonly formationEnergy: number;
      /** The phases into which it would decompose, with their share of the atoms. */
      readonly decomposition: readonly { readonly phase: Phase; readonly share: number }[];
    }
  | { readonly kind: "no hull"; /** Elements without a phase of their own. */ readonly missing: readonly number[] };

/** Answers for phases against a fixed set of known ones. */
export interface Hull {
  /** @throws Error when the energy is not a finite number */
  above(phase: Phase): HullAnswer;
}

/**
 * The convex hull of energies over compositions. The hull's energy at a composition is a linear program: the cheapest
 * mixture of known phases with these atoms (Ong et al., Chem. Mater. 20 (2008) 1798, in its dual form), solved by HiGHS,
 * so that any number of elements is as easy as two. A phase is not compared with itself (its id), but with another of
 * its composition.
 */
export async function convexHull(phases: readonly Phase[]): Promise<Hull> {
  const highs = await (loading ??= loadHighs());
  const known = phases.map((phase) => ({ phase, shares: elementShares(phase.atomicNumbers) }));
  return {
    above(phase) {
      if (!Number.isFinite(phase.energyPerAtom))
        throw new Error(`${phase.id} (${formula(phase.atomicNumbers)}): its energy is ${phase.energyPerAtom}`);
      const shares = elementShares(phase.atomicNumbers);
      const rivals = known.filter((other) => other.phase.id !== phase.id && isWithin(other.shares, shares));
      const missing = [...shares.keys()].filter(
        (z) => !rivals.some((other) => other.shares.size === 1 && other.shares.has(z)),
      );
      if (missing.length > 0) return { kind: "no hull", missing };
      const decomposition = cheapestMixture(highs, rivals, shares);
      const hullEnergy = decomposition.reduce((sum, { phase, share }) => sum + share * phase.energyPerAtom, 0);
      return {
        kind: "hull",
        energyAboveHull: phase.energyPerAtom - hullEnergy,
        formationEnergy: phase.energyPerAtom - elementEnergy(rivals, shares),
        decomposition,
      };
    },
  };
}

type Shares = ReadonlyMap<number, number>;
interface KnownPhase {
  readonly phase: Phase;
  readonly shares: Shares;
}

/** Share of each element among the atoms. */
function elementShares(atomicNumbers: readonly number[]): Shares {
  return new Map([...composition(atomicNumbers)].map(([z, count]) => [z, count / atomicNumbers.length]));
}

function isWithin(inner: Shares, outer: Shares): boolean {
  return [...inner.keys()].every((z) => outer.has(z));
}

/** min sum x_p E_p with sum x_p share_p(z) = share(z) for every element z and x_p >= 0. */
function cheapestMixture(highs: Highs, rivals: readonly KnownPhase[], shares: Shares) {
  const sum = (weight: (rival: KnownPhase) => number) =>
    rivals.flatMap((rival, p) => (weight(rival) === 0 ? [] : [`${signed(weight(rival))} x${p}`])).join(" ");
  const program = [
    "Minimize",
    ` energy: ${sum(({ phase }) => phase.energyPerAtom)}`,
    "Subject To",
    ...[...shares].map(([z, share]) => ` z${z}: ${sum((rival) => rival.shares.get(z) ?? 0)} = ${share}`),
    "End",
  ].join("\n");
  const solution = highs.solve(program);
  if (solution.Status !== "Optimal") throw new Error(`the convex hull was not found: ${solution.Status}`);
  return rivals
    .map(({ phase }, p) => ({ phase, share: solution.Columns[`x${p}`]?.Primal ?? 0 }))
    .filter(({ share }) => share > 1e-6);
}

function signed(x: number): string {
  return `${x < 0 ? "-" : "+"} ${Math.abs(x).toPrecision(12)}`;
}

function elementEnergy(rivals: readonly KnownPhase[], shares: Shares): number {
  return [...shares].reduce((sum, [z, share]) => {
    const elements = rivals.filter((other) => other.shares.size === 1 && other.shares.has(z));
    return sum + share * Math.min(...elements.map(({ phase }) => phase.energyPerAtom));
  }, 0);
}
