import { elementSymbol, volume } from "../crystal/index.js";
import type { DosRecord } from "../data/index.js";
import { isEquilibrium } from "../data/index.js";
import { judgeRecords, together, type Judged } from "./judge.js";
import type { EnergyResult, Potential } from "./potential.js";
import { formationEnergy, type ElementReferences } from "./references.js";
import type { RelaxOptions } from "./relax.js";
import { relaxed, relaxWith } from "./relax.js";

/** Mean and median of a list of errors. */
export interface ErrorSummary {
  readonly count: number;
  readonly mean: number;
  readonly median: number;
}

/** An energy model against DFT records. */
export interface EnergyCheck {
  /** GPa, at DFT's equilibria: the model's pressure, which should be none. */
  readonly pressure: ErrorSummary;
  /** GPa, at crystals that are compressed, stretched or strained: the model's pressure less DFT's. */
  readonly deformedPressure: ErrorSummary & {
    readonly correlation: number;
    /** GPa: standard deviation of DFT's pressures. */
    readonly spread: number;
  };
  /**
   * eV an atom: the model's formation energy less DFT's. Both count from the elements' crystals that are lowest in DFT among the
   * records; crystals whose elements are not all there are left out.
   */
  readonly formationEnergy: ErrorSummary;
  /** The same, counted from the references that were given. */
  readonly fittedFormationEnergy?: ErrorSummary;
  /** Relative change of the volume of DFT's equilibria when the model relaxes them. */
  readonly volume: ErrorSummary & { readonly converged: number; readonly within2Percent: number };
}

/** What an energy model is measured with. */
export interface EnergyCheckOptions {
  /** Records whose elements' energies the formation energies count from; default: `records`. */
  readonly elements?: Iterable<DosRecord>;
  /** What formation energies count from besides: `referencesOf` records that are not among `records`. */
  readonly references?: ElementReferences;
  readonly relax?: RelaxOptions;
}

/** Measures an energy model by records of DFT calculations. */
export async function checkEnergyModel(
  potential: Potential,
  records: Iterable<DosRecord>,
  { elements, references, relax }: EnergyCheckOptions = {},
): Promise<EnergyCheck> {
  const all = [...records];
  const judged = await judgeRecords(potential, all);
  const equilibria = judged.filter(({ record }) => isEquilibrium(record));
  const deformed = judged.filter(({ record }) => !isEquilibrium(record) && isNumber(record.properties.pressure_GPa));
  const ownElements = elementEnergies(await judgeRecords(potential, [...(elements ?? all)].filter(isElement)));
  return {
    pressure: summary(equilibria.map(({ result }) => pressure(result))),
    deformedPressure: deformedPressure(deformed),
    formationEnergy: summary(equilibria.flatMap((one) => formationError(one, ownElements))),
    ...(references && {
      fittedFormationEnergy: summary(equilibria.flatMap((one) => formationError(one, references))),
    }),
    volume: await volumeChanges(
      potential,
      equilibria.map(({ record }) => record),
      relax,
    ),
  };
}

const pressure = ({ stress }: EnergyResult): number => -(stress[0][0] + stress[1][1] + stress[2][2]) / 3;
const isNumber = (value: unknown): value is number => typeof value === "number";
const isElement = (record: DosRecord): boolean =>
  isEquilibrium(record) && new Set(record.crystal.atomicNumbers).size === 1;

function deformedPressure(judged: readonly Judged[]): EnergyCheck["deformedPressure"] {
  const model = judged.map(({ result }) => pressure(result));
  const dft = judged.map(({ record }) => record.properties.pressure_GPa as number);
  return {
    ...summary(model.map((p, k) => p - dft[k])),
    correlation: covariance(model, dft) / Math.sqrt(covariance(model, model) * covariance(dft, dft)),
    spread: Math.sqrt(covariance(dft, dft)),
  };
}

/** The model's energies of the crystals that are lowest in DFT. */
function elementEnergies(elements: readonly Judged[]): ElementReferences {
  const lowest = new Map<string, { readonly dft: number; readonly model: number }>();
  for (const { record, result } of elements) {
    const { atomicNumbers } = record.crystal;
    const dft = record.properties.formation_energy_eV_per_atom;
    const symbol = elementSymbol(atomicNumbers[0]);
    if (isNumber(dft) && !((lowest.get(symbol)?.dft ?? Infinity) <= dft))
      lowest.set(symbol, { dft, model: result.energy / atomicNumbers.length });
  }
  return Object.fromEntries([...lowest].map(([symbol, { model }]) => [symbol, model]));
}

function formationError({ record, result }: Judged, references: ElementReferences): number[] {
  const dft = record.properties.formation_energy_eV_per_atom;
  const model = formationEnergy(record.crystal, result.energy, references);
  return isNumber(dft) && model !== undefined ? [model - dft] : [];
}

async function volumeChanges(potential: Potential, records: readonly DosRecord[], options?: RelaxOptions) {
  const changes: number[] = [];
  let converged = 0;
  for (let at = 0; at < records.length; at += together) {
    const part = records.slice(at, at + together);
    for (const { crystal, index, converged: did } of await relaxed(relaxWith(potential, part, options))) {
      changes.push(volume(crystal.latticeMatrix) / volume(part[index].crystal.latticeMatrix) - 1);
      converged += Number(did);
    }
  }
  const within = changes.filter((change) => Math.abs(change) <= 0.02).length;
  return { ...summary(changes), converged, within2Percent: within / changes.length };
}

function summary(errors: readonly number[]): ErrorSummary {
  const sizes = errors.map(Math.abs).sort((a, b) => a - b);
  const middle = (sizes.length - 1) / 2;
  return {
    count: sizes.length,
    mean: mean(sizes),
    median: sizes.length === 0 ? NaN : (sizes[Math.floor(middle)] + sizes[Math.ceil(middle)]) / 2,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  return mean(a.map((x, k) => (x - meanA) * (b[k] - meanB)));
}
