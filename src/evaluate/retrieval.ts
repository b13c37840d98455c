import type { DosRecord } from "../data/record.js";
import { energies, meanOfSites, totalFromPartition, type MatchCandidate, type Target } from "../dos/index.js";
import { matchForRanking, rankingValue } from "./dos-match.js";

/** A record found for a target. */
export interface RetrievedRecord {
  readonly record: DosRecord;
  /** Relative L1 between the record's DOS and the target's, as candidates are ranked. */
  readonly distance: number;
}

/** Records prepared for retrieval. */
export interface RetrievalIndex {
  readonly records: readonly DosRecord[];
  /** One for each record: mean DOS over the sites, [E], states/eV/atom. */
  readonly means: readonly Float32Array[];
}

/** Prepares records (the training set, for example a `Dataset`) as the baseline that every generator must beat: looking the answer up. */
export function retrievalIndex(records: Iterable<DosRecord>): RetrievalIndex {
  const list = [...records];
  return { records: list, means: list.map((record) => meanOfSites(record.siteDos).values) };
}

/**
 * The `count` records whose DOS is nearest to the target, nearest first, by the same number that ranks candidates. The
 * search is exact: records are tried in the order of a lower bound that costs little, until no other can be nearer.
 *
 * @throws Error when the target's grid is not the records' or a mask does not fit.
 */
export function retrieve(index: RetrievalIndex, target: Target, count: number): RetrievedRecord[] {
  const bounds = lowerBounds(index, target);
  const order = bounds.map((_, i) => i).sort((a, b) => bounds[a] - bounds[b] || a - b);
  const found: RetrievedRecord[] = [];
  for (const i of order) {
    if (found.length === count && bounds[i] > (found.at(-1)?.distance ?? 0)) break;
    insert(found, { record: index.records[i], distance: distanceTo(index.records[i], target) }, count);
  }
  return found;
}

/** The record's stored DOS as a match candidate. */
export function storedDos({ siteDos, voronoiDos }: DosRecord): MatchCandidate {
  return { siteDos, ...(voronoiDos && { totalDos: totalFromPartition(voronoiDos) }) };
}

/**
 * [records]: by the triangle inequality, paired sites are no closer than the means over the sites. There is no such
 * bound (0) where a mask leaves some sites of the target out, or where only its total is known.
 */
function lowerBounds({ means }: RetrievalIndex, target: Target): number[] {
  const { siteDos, siteMask } = target;
  if (!siteDos || siteMask?.includes(false)) return means.map(() => 0);
  const inside = windowOf(target);
  const wanted = meanOfSites(siteDos).values;
  // Not the norm of the mean: where a DOS is slightly negative it would be smaller, and the bound too high.
  const norm = meanOfSites({ ...siteDos, values: siteDos.values.map(Math.abs) }).values;
  const scale = inside.reduce((sum, e) => sum + norm[e], 0);
  return means.map((mean) => {
    const difference = inside.reduce((sum, e) => sum + Math.abs(mean[e] - wanted[e]), 0);
    // Slightly less, for the rounding of the two sums.
    return (difference / Math.max(scale, 1e-12)) * (1 - 1e-5);
  });
}

/** The indices of the grid points that count. */
function windowOf({ siteDos, energyWindow: [from, to] = [-Infinity, Infinity] }: Target): number[] {
  const indices: number[] = [];
  energies(siteDos!.grid).forEach((energy, e) => {
    if (energy >= from && energy <= to) indices.push(e);
  });
  return indices;
}

function distanceTo(record: DosRecord, target: Target): number {
  const candidate = target.siteDos ? { siteDos: record.siteDos } : storedDos(record);
  return rankingValue(matchForRanking(target, candidate));
}

/** Keeps `found` sorted and no longer than `count`; what has no distance is left out. */
function insert(found: RetrievedRecord[], item: RetrievedRecord, count: number): void {
  if (!Number.isFinite(item.distance)) return;
  const place = found.findIndex(({ distance }) => item.distance < distance);
  found.splice(place < 0 ? found.length : place, 0, item);
  found.length = Math.min(found.length, count);
}
