import { atomicNumber, composition, electronegativity, oxidationStates } from "../crystal/index.js";
import { shareOf, type Metric } from "./metric.js";

/** An element's part of a composition under one assignment of oxidation states. */
interface Ion {
  readonly charge: number;
  /** Atomic number. */
  readonly element: number;
}

/** What SMACT does not count among the metals (which for it include Ge, Sb and Po). */
const nonMetals: ReadonlySet<number> = new Set(
  "H He B C N O F Ne Si P S Cl Ar As Se Br Kr Te I Xe At Rn".split(" ").map(atomicNumber),
);

/**
 * Composition validity as SMACT counts it (Davies et al., Chem 1, 617 (2016), in the form that CDVAE made the field's
 * measure, Xie et al., arXiv:2110.06197): a single element is valid; metals only are valid as an alloy; else some
 * choice of one common oxidation state for each element must be neutral and pass the Pauling test. An element has one
 * state in a crystal, so mixed-valence compounds (Fe3O4) count as invalid, as they do there.
 */
export function isChargeNeutral(atomicNumbers: readonly number[]): boolean {
  const amounts = [...composition(atomicNumbers)];
  if (amounts.length === 1) return true;
  if (amounts.every(([element]) => !nonMetals.has(element))) return true;
  return someNeutralChoice(amounts, [], 0);
}

/** Depth-first over one oxidation state for each element; `ions` and `total` are what the earlier elements chose. */
function someNeutralChoice(amounts: readonly (readonly [number, number])[], ions: Ion[], total: number): boolean {
  if (ions.length === amounts.length) return total === 0 && passesPaulingTest(ions);
  const [element, amount] = amounts[ions.length];
  // SMACT's first set of states: the one behind the numbers in the literature.
  return oxidationStates(element, "smact14").some((charge) =>
    someNeutralChoice(amounts, [...ions, { charge, element }], total + charge * amount),
  );
}

/**
 * There are cations and anions, and every cation is less electronegative than every anion. Elements without a known
 * electronegativity fail.
 */
function passesPaulingTest(ions: readonly Ion[]): boolean {
  const values = ions.map(({ element }) => electronegativity(element) ?? NaN);
  if (values.some(Number.isNaN)) return false;
  const cations = values.filter((_, i) => ions[i].charge > 0);
  const anions = values.filter((_, i) => ions[i].charge < 0);
  return cations.length > 0 && anions.length > 0 && Math.max(...cations) < Math.min(...anions);
}

/** Share of the candidates whose composition is valid by SMACT's rule (`isChargeNeutral`). */
export const chargeNeutrality: Metric = {
  name: "charge_neutrality",
  description:
    "Share of the candidates whose composition is valid by SMACT's rule: an element, an alloy of metals, or neutral in common oxidation states with the anions the more electronegative.",
  unit: "share",
  needs: [],
  compute: ({ candidates }) => shareOf(candidates, ({ atomicNumbers }) => isChargeNeutral(atomicNumbers)),
};
