import { existsSync, statSync } from "node:fs";
import type { Crystal } from "../crystal/index.js";
import { crystalFormat, readCrystalFile } from "../crystal/index.js";
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
import { isMaterial, readDosSource, splitSource } from "./dos-source.js";

/** How the command line describes a target. */
export interface TargetInput {
  /** A record's id, a calculation's file (FILE#ENTRY for one of several), a Materials Project id, or a structure file. */
  readonly target: string;
  readonly use?: TargetOptions["use"];
  readonly maskSites?: readonly number[];
  readonly energyWindow?: readonly [number, number];
  readonly energyZero?: "auto" | "keep";
  /** Total Gaussian broadening, eV. */
  readonly broaden?: number;
}

export interface ReadTarget {
  readonly target: Target;
  /** The crystal that the spectrum belongs to, where it is known. */
  readonly trueCrystal?: Crystal;
  /** The side of the data set's fixed split, when the target is a record of one that has it. */
  readonly side?: SplitName | "reserved";
  /** What the user should hear of a file and of what was done to it. */
  readonly notes?: readonly string[];
}

/**
 * The target of a command.
 * @param predict the DOS of a structure, asked when the target is a structure file
 * @throws Error that names the file or the id and what is wrong with it
 */
export async function readTarget(
  input: TargetInput,
  dataset: () => Promise<Dataset>,
  predict: (crystal: Crystal) => Promise<SiteDos>,
): Promise<ReadTarget> {
  const { target: source, use, energyWindow } = input;
  const options = { use, energyWindow };
  if (isStructureName(source)) {
    const trueCrystal = await readCrystalFile(source);
    const target = makeTarget(source, { siteDos: await predict(trueCrystal) }, 0, options);
    return { target: refine(target, input), trueCrystal };
  }
  if (isCalculation(source)) {
    const file = await oneDos(source);
    const target = targetFromDos(file, { ...options, zero: input.energyZero });
    return {
      target: refine(target, input),
      notes: targetNotes(file, target, energyWindow),
      ...(file.crystal && { trueCrystal: file.crystal }),
    };
  }
  const data = await dataset();
  const record = recordOf(source, data);
  const target = refine(targetFromRecord(record, options), input);
  const side = data.info?.split === "formula-hash" ? { side: splitOfFormula(record.formula) } : {};
  return { target, trueCrystal: record.crystal, ...side };
}

/** Broadens, and keeps the sites that count; both are checked against the spectra. */
function refine(original: Target, { maskSites, broaden: sigma }: TargetInput): Target {
  const target = sigma === undefined ? original : broadened(original, sigma);
  if (!maskSites) return target;
  const siteCount = target.siteDos?.siteCount ?? 0;
  const beyond = maskSites.find((site) => site >= siteCount);
  if (siteCount > 0 && beyond !== undefined)
    throw new Error(
      `${target.label}: --mask-sites: site ${beyond} does not exist; the target has sites 0 to ${siteCount - 1}`,
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
    const what = existsSync(id)
      ? "it is a folder"
      : `neither a file nor a record of ${dataset.info?.name ?? "the data set"}: ${(error as Error).message}`;
    throw new Error(`--target ${id}: ${what}`, { cause: error });
  }
}

/** A Materials Project id, a file, or a name that can only be meant for one. */
function isCalculation(source: string): boolean {
  const { path } = splitSource(source);
  return isMaterial(source) || (existsSync(path) && statSync(path).isFile()) || /\.(jsonl?|xml|gz|gpw)$/i.test(path);
}

async function oneDos(source: string): Promise<DosFile> {
  const found = await readDosSource(source);
  if (found.length === 1) return found[0];
  const ids = found.slice(0, 3).map((file) => file.source);
  throw new Error(`--target ${source}: it has ${found.length} entries; name one: ${ids.join(", ")}`);
}

function isStructureName(path: string): boolean {
  try {
    crystalFormat(path);
    return true;
  } catch {
    return false;
  }
}
