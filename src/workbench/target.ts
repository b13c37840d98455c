import { existsSync, statSync } from "node:fs";
import type { Crystal } from "../crystal/index.js";
import { readCrystalFile } from "../crystal/index.js";
import type { Dataset, DosRecord, SplitName } from "../data/index.js";
import { splitOfFormula } from "../data/index.js";
import type { DosFile, SiteDos, Target, TargetOptions, TotalDos } from "../dos/index.js";
import {
  broaden,
  checkTarget,
  extraSigma,
  makeTarget,
  targetFromDos,
  targetFromRecord,
  targetNotes,
} from "../dos/index.js";
import { isMaterial, readDosSource, splitSource, type DosSources } from "./dos-source.js";
import { isStructureName } from "./structures.js";

/** What to ask of a source's spectra. */
export interface TargetSettings {
  /** Which spectra to ask for. Default "both", as far as they are known. */
  readonly use?: TargetOptions["use"];
  /** Sites that count, from 0. Default: all. */
  readonly maskSites?: readonly number[];
  /** [from, to] eV: the energies that count. Default: all. */
  readonly energyWindow?: readonly [number, number];
  /** Zero of a calculation: "auto" (default) moves it to the valence-band maximum of a gapped spectrum; "keep" does not. */
  readonly energyZero?: "auto" | "keep";
  /** Gaussian broadening in all, eV, at least the data's 0.2. */
  readonly broaden?: number;
}

/** A target and what is known about where it came from. It goes wherever a {@link Target} goes. */
export interface SourcedTarget extends Target {
  /** A record's id, a file, a Materials Project id. */
  readonly source: string;
  /** The crystal that the spectrum belongs to, where it is known. */
  readonly trueCrystal?: Crystal;
  /** The side of the data set's fixed split, when the target is a record of a data set that has one. */
  readonly side?: SplitName | "reserved";
  /** The broadening that was asked for, eV. */
  readonly broadening?: number;
  /** What a user should know about the file and about what was done to its spectra. */
  readonly notes: readonly string[];
}

/** What reading a target may need; each is asked for only where the source needs it. */
export interface TargetServices extends DosSources {
  /** Records by id. */
  readonly dataset: () => Promise<Dataset>;
  /** The DOS of a structure file. */
  readonly predictOne: (crystal: Crystal) => Promise<SiteDos>;
}

/**
 * A target from any input: a record's id, a calculation's file (FILE#ENTRY for one of several), a Materials Project id, or a
 * structure file, whose predicted DOS is asked for.
 *
 * @throws Error that names the file or the id and what is wrong with it
 */
export async function readTarget(
  source: string,
  settings: TargetSettings,
  services: TargetServices,
): Promise<SourcedTarget> {
  if (isStructureName(source)) return structureTarget(source, settings, services);
  if (isCalculation(source)) return calculationTarget(source, settings, services);
  const dataset = await services.dataset();
  // A folder may be a calculation, or only have the name of a record.
  if (existsSync(source) && !dataset.has(source)) return calculationTarget(source, settings, services);
  return recordTarget(source, settings, dataset);
}

async function structureTarget(
  source: string,
  settings: TargetSettings,
  { predictOne }: TargetServices,
): Promise<SourcedTarget> {
  const trueCrystal = await readCrystalFile(source);
  const target = makeTarget(source, { siteDos: await predictOne(trueCrystal) }, 0, settings);
  return sourced(source, refine(target, settings), settings, { trueCrystal });
}

async function calculationTarget(
  source: string,
  settings: TargetSettings,
  services: DosSources,
): Promise<SourcedTarget> {
  const file = await oneDos(source, services);
  const { use, energyWindow, energyZero: zero } = settings;
  const target = targetFromDos(file, { use, energyWindow, zero });
  const notes = targetNotes(file, target, energyWindow);
  const known = file.crystal && { trueCrystal: file.crystal };
  return sourced(source, refine(target, settings), settings, { notes, ...known });
}

function recordTarget(source: string, settings: TargetSettings, dataset: Dataset): SourcedTarget {
  const record = recordOf(source, dataset);
  const target = targetFromRecord(record, { use: settings.use, energyWindow: settings.energyWindow });
  const side = dataset.info?.split === "formula-hash" ? { side: splitOfFormula(record.formula) } : {};
  return sourced(source, refine(target, settings), settings, { trueCrystal: record.crystal, ...side });
}

function sourced(
  source: string,
  target: Target,
  { broaden: broadening }: TargetSettings,
  known: Partial<SourcedTarget>,
): SourcedTarget {
  return { ...target, source, notes: [], ...known, ...(broadening !== undefined && { broadening }) };
}

/** Broadens, and keeps the sites that count; both are checked against the spectra. */
function refine(original: Target, { maskSites, broaden: sigma }: TargetSettings): Target {
  const target = sigma === undefined ? original : broadened(original, sigma);
  if (!maskSites) return target;
  const siteCount = target.siteDos?.siteCount ?? 0;
  const beyond = maskSites.find((site) => site >= siteCount);
  if (siteCount > 0 && beyond !== undefined)
    throw new Error(
      `${target.label}: maskSites: site ${beyond} does not exist; the target has sites 0 to ${siteCount - 1}`,
    );
  const masked = { ...target, siteMask: Array.from({ length: siteCount }, (_, site) => maskSites.includes(site)) };
  checkTarget(masked);
  return masked;
}

function broadened(target: Target, sigma: number): Target {
  const wider = <S extends SiteDos | TotalDos>(spectrum: S): S => ({
    ...spectrum,
    values: broaden(spectrum.values, spectrum.grid, extraSigma(sigma)),
  });
  const { siteDos, totalDos } = target;
  return { ...target, ...(siteDos && { siteDos: wider(siteDos) }), ...(totalDos && { totalDos: wider(totalDos) }) };
}

function recordOf(id: string, dataset: Dataset): DosRecord {
  try {
    return dataset.get(id);
  } catch (error) {
    const name = dataset.info?.name ?? "the data set";
    throw new Error(`target ${id}: neither a file nor a record of ${name}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** A Materials Project id, a file, or a name that can only be meant for one. */
function isCalculation(source: string): boolean {
  const { path } = splitSource(source);
  return isMaterial(source) || (existsSync(path) && statSync(path).isFile()) || /\.(jsonl?|xml|gz|gpw)$/i.test(path);
}

async function oneDos(source: string, services: DosSources): Promise<DosFile> {
  const found = await readDosSource(source, {}, services);
  if (found.length === 1) return found[0];
  const ids = found.slice(0, 3).map((file) => file.source);
  throw new Error(`target ${source}: it has ${found.length} entries; name one: ${ids.join(", ")}`);
}
