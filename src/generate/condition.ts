import { repeatArray, standardise } from "../data/index.js";
import type { ConditionBlock } from "../diffusion/index.js";
import type { Target } from "../dos/index.js";
import { energies, standardGrid } from "../dos/index.js";
import type { DenoiserModel } from "../model/index.js";

/**
 * A target as a block of B equal conditions.
 * @throws Error when the model cannot take it: another grid, a total alone for the `linear` encoder, masks of a wrong length
 */
export function conditionBlock(target: Target, atoms: number, batchSize: number, model: DenoiserModel): ConditionBlock {
  assertUsable(target, atoms, model);
  const E = model.config.dosPoints;
  const sites = target.siteDos;
  const cellAtoms = target.atomCount ?? target.siteDos?.siteCount ?? atoms;
  // The total contains every site: where only some count, it would bring the others back in.
  const whole = target.siteMask?.every((counts) => counts) ?? true;
  const total = whole ? target.totalDos?.values.map((value) => value / cellAtoms) : undefined;
  return repeatRows(
    {
      siteDos: standardised(sites?.values ?? new Float32Array(atoms * E), model),
      siteMask: Float32Array.from({ length: atoms }, (_, i) => (sites && (target.siteMask?.[i] ?? true) ? 1 : 0)),
      energyMask: windowMask(target, E),
      totalDos: total ?? new Float32Array(E),
      totalMask: Float32Array.of(total ? 1 : 0),
    },
    batchSize,
  );
}

/** Number of atoms that a target and the options ask for. @throws Error when neither says, or they disagree */
export function atomsFor(target: Target | null, numAtoms: number | undefined, fallback: number | undefined): number {
  const sites = target?.siteDos?.siteCount;
  if (sites !== undefined && numAtoms !== undefined && sites !== numAtoms)
    throw new Error(`number of atoms: the target has ${sites} sites, but ${numAtoms} were asked for`);
  const atoms = sites ?? numAtoms ?? fallback ?? target?.atomCount;
  if (atoms === undefined)
    throw new Error("number of atoms: the target has no sites; say how many atoms the cell shall have");
  if (!Number.isInteger(atoms) || atoms < 1)
    throw new Error(`number of atoms: expected a positive integer, found ${atoms}`);
  return atoms;
}

function assertUsable(target: Target, atoms: number, { config }: DenoiserModel): void {
  const grid = (target.siteDos ?? target.totalDos)?.grid;
  if (!grid) throw new Error(`${target.label}: the target has neither a site DOS nor a total DOS`);
  if (grid.count !== config.dosPoints || grid.start !== standardGrid.start || grid.stop !== standardGrid.stop)
    throw new Error(
      `${target.label}: ${grid.count} points on ${grid.start}..${grid.stop} eV; the model takes ${config.dosPoints} on -10..10 eV`,
    );
  if (config.encoder === "linear" && !target.siteDos)
    throw new Error(`${target.label}: this model needs a site-projected DOS; the target has only a total`);
  if (target.siteMask && target.siteMask.length !== atoms)
    throw new Error(`${target.label}: the site mask has ${target.siteMask.length} entries, the cell ${atoms} sites`);
  if (config.encoder === "linear" && target.energyWindow)
    throw new Error(`${target.label}: this model was not trained with energy windows`);
}

function standardised(siteDos: Float32Array, { config, scaler }: DenoiserModel): Float32Array {
  if (config.encoder !== "linear") return siteDos;
  if (!scaler)
    throw new Error(
      "model: its linear encoder needs a scaler, which the checkpoint does not hold; give a data set to take it from",
    );
  return standardise(siteDos, scaler);
}

function windowMask({ energyWindow }: Target, dosPoints: number): Float32Array {
  const grid = energies({ ...standardGrid, count: dosPoints });
  return Float32Array.from(grid, (e) => (!energyWindow || (e >= energyWindow[0] && e <= energyWindow[1]) ? 1 : 0));
}

function repeatRows(block: ConditionBlock, times: number): ConditionBlock {
  const repeat = (row: Float32Array): Float32Array => repeatArray(row, times);
  return {
    siteDos: repeat(block.siteDos),
    siteMask: repeat(block.siteMask),
    energyMask: repeat(block.energyMask),
    totalDos: repeat(block.totalDos),
    totalMask: repeat(block.totalMask),
  };
}
