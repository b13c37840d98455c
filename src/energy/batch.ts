import type { TensorSpec } from "../runtime/index.js";
import type { Basis, GraphBasis } from "./basis.js";
import type { EnergyConfig } from "./config.js";
import type { CrystalGraph } from "./graph.js";

/** How much one row of a program holds. */
export interface RowSize {
  readonly atoms: number;
  readonly bonds: number;
  /** Bonds that make angles. */
  readonly short: number;
  readonly angles: number;
}

/** R rows of one size. */
export interface BatchShape extends RowSize {
  readonly rows: number;
}

/** Where a graph lies in a batch: its row, and where its things begin there. */
export interface Placement extends RowSize {
  /** Index of the graph in the list that was packed. */
  readonly graph: number;
  readonly row: number;
}

export interface Batch {
  readonly shape: BatchShape;
  readonly placements: readonly Placement[];
}

/** The smallest row; each larger one holds half as much again. */
const smallest: RowSize = { atoms: 8, bonds: 48, short: 16, angles: 64 };
const growth = 1.5;

/** Rows of one program. Few numbers, as every one of them is compiled by itself. */
const rowCounts = [16, 4, 1];

const keys = ["atoms", "bonds", "short", "angles"] as const;

/** What a graph needs. */
export function sizeOf({ atoms, bonds, shortCount, angles }: CrystalGraph): RowSize {
  // Long bonds stand behind all short ones of a row.
  return { atoms: atoms.length, bonds: bonds.length, short: shortCount, angles: angles.length };
}

/** Lays graphs out in as few batches, of as few shapes, as go without much waste. */
export function packGraphs(graphs: readonly CrystalGraph[]): Batch[] {
  const byRoom = new Map<string, { readonly room: RowSize; readonly members: number[] }>();
  graphs.forEach((graph, k) => {
    const room = roomFor(sizeOf(graph));
    const key = Object.values(room).join(" ");
    if (!byRoom.has(key)) byRoom.set(key, { room, members: [] });
    byRoom.get(key)!.members.push(k);
  });
  return [...byRoom.values()].flatMap(({ room, members }) => packRows(graphs, members, room));
}

/** Levels up to this grow in all dimensions together, so that small graphs have few shapes; larger ones are made to measure. */
const sharedLevels = 5;

function roomFor(size: RowSize): RowSize {
  for (let level = 0; level < sharedLevels; level++) if (fits(size, sizeAt(level))) return sizeAt(level);
  const room = map((key) => {
    let level = 0;
    while (sizeAt(level)[key] < size[key]) level++;
    return sizeAt(level)[key];
  });
  // Behind the room of the short bonds there is place for all others.
  let bonds = room.bonds;
  while (!fits(size, { ...room, bonds })) bonds = Math.ceil((bonds * growth) / 8) * 8;
  return { ...room, bonds };
}

const sizeAt = (level: number): RowSize => map((key) => Math.ceil((smallest[key] * growth ** level) / 8) * 8);
const map = (value: (key: (typeof keys)[number]) => number): RowSize => ({
  atoms: value("atoms"),
  bonds: value("bonds"),
  short: value("short"),
  angles: value("angles"),
});

/** Long bonds may not begin before the room of the short ones ends. */
const fits = (size: RowSize, room: RowSize): boolean =>
  keys.every((key) => size[key] <= room[key]) && room.short + size.bonds - size.short <= room.bonds;

/** Graphs go into the first row that has room for them. */
function packRows(graphs: readonly CrystalGraph[], members: readonly number[], room: RowSize): Batch[] {
  const rows: { used: RowSize; placements: Placement[] }[] = [];
  for (const graph of members) {
    const size = sizeOf(graphs[graph]);
    const after = (used: RowSize) => map((key) => used[key] + size[key]);
    let row = rows.findIndex(({ used }) => fits(after(used), room));
    if (row < 0) row = rows.push({ used: map(() => 0), placements: [] }) - 1;
    rows[row].placements.push({ graph, row, ...rows[row].used });
    rows[row].used = after(rows[row].used);
  }
  return splitRows(rows.length, room).map(({ from, taken, rows: count }) => ({
    shape: { ...room, rows: count },
    placements: rows
      .slice(from, from + taken)
      .flatMap(({ placements }, k) => placements.map((placement) => ({ ...placement, row: k }))),
  }));
}

/** Bonds and angles of one program; its memory grows with them, some 30 KB each. */
const mostThings = 24_000;

/** So many rows in pieces of the known numbers; the last piece may be half empty, not more. */
function splitRows(count: number, { bonds, angles }: RowSize): { from: number; taken: number; rows: number }[] {
  const pieces: { from: number; taken: number; rows: number }[] = [];
  for (let from = 0; from < count;) {
    const left = count - from;
    const rows = rowCounts.find((n) => n === 1 || (n <= 2 * left && n * (bonds + angles) <= mostThings))!;
    pieces.push({ from, taken: Math.min(rows, left), rows });
    from += rows;
  }
  return pieces;
}

/** The inputs of the network (`GraphTensors`) in order: the three bases first, by which it is differentiated. */
export function batchSpecs(
  shape: BatchShape,
  config: Pick<EnergyConfig, "radialCount" | "angularCount">,
): TensorSpec[] {
  const { rows: R, atoms: N, bonds: U, short: S, angles: G } = shape;
  const bases = [
    [R, U, config.radialCount],
    [R, S, config.radialCount],
    [R, G, config.angularCount],
  ];
  const matrices = [
    [R, U, N],
    [R, U, N],
    [R, G, N],
    [R, G, S],
    [R, G, S],
  ];
  const counts = [
    [R, N],
    [R, U],
    [R, G],
  ];
  return [...[...bases, ...matrices, ...counts].map((dims) => ({ shape: dims })), { shape: [R, N], dtype: "int32" }];
}

/** A graph with its basis functions. */
export interface KnownGraph {
  readonly graph: CrystalGraph;
  readonly basis: GraphBasis;
}

/** The arrays of a batch, in the order of `batchSpecs`. */
export function batchArrays(known: readonly KnownGraph[], { shape, placements }: Batch): (Float32Array | Int32Array)[] {
  const { rows: R, atoms: N, bonds: U, short: S, angles: G } = shape;
  const zeros = (size: number) => new Float32Array(R * size);
  const ones = (size: number) => zeros(size).fill(1);
  const { atom, bond, angle: angleOf } = known[placements[0].graph].basis;
  const bases = [zeros(U * atom.width), zeros(S * bond.width), zeros(G * angleOf.width)];
  const [from, to, centre, first, second] = [zeros(U * N), zeros(U * N), zeros(G * N), zeros(G * S), zeros(G * S)];
  const [atomCounts, bondCounts, angleCounts] = [ones(N), ones(U), ones(G)];
  const elements = new Int32Array(R * N);
  for (const placement of placements) {
    const { graph, basis } = known[placement.graph];
    const { row, atoms: atom0, short: short0, angles: angle0 } = placement;
    graph.atoms.forEach(({ atomicNumber, count }, k) => {
      elements[row * N + atom0 + k] = atomicNumber - 1;
      atomCounts[row * N + atom0 + k] = count;
    });
    graph.bonds.forEach(({ count, fromClass, toClass }, k) => {
      const at = row * U + bondPlace(shape, placement, graph, k);
      copyRow(basis.atom, k, bases[0], at);
      if (k < graph.shortCount) copyRow(basis.bond, k, bases[1], row * S + short0 + k);
      bondCounts[at] = count;
      from[at * N + atom0 + fromClass] = 1;
      to[at * N + atom0 + toClass] = 1;
    });
    graph.angles.forEach((angle, k) => {
      const at = row * G + angle0 + k;
      copyRow(basis.angle, k, bases[2], at);
      angleCounts[at] = angle.count;
      centre[at * N + atom0 + angle.centreClass] = 1;
      first[at * S + short0 + angle.first] = 1;
      second[at * S + short0 + angle.second] = 1;
    });
  }
  return [...bases, from, to, centre, first, second, atomCounts, bondCounts, angleCounts, elements];
}

function copyRow({ values, width }: Basis, row: number, into: Float32Array, at: number): void {
  into.set(values.subarray(row * width, (row + 1) * width), at * width);
}

/** Where the bond k of a graph stands in its row: short ones first, the others behind the room of all short ones. */
export function bondPlace(shape: BatchShape, placement: Placement, { shortCount }: CrystalGraph, k: number): number {
  return k < shortCount ? placement.short + k : shape.short + placement.bonds - placement.short + k - shortCount;
}
