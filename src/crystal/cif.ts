import { crystalOf, type CrystalLike } from "./crystal-like.js";
import type { Crystal, Vector3 } from "./crystal.js";
import { parseCifBlocks, type CifBlock } from "./cif-syntax.js";
import { symmetryOperations } from "./cif-symmetry.js";
import { overlapDistance } from "./validate.js";
import { atomicNumber, elementSymbol, isElement } from "./elements.js";
import { formula } from "./formula.js";
import { latticeFromParameters, latticeParameters, wrap } from "./lattice.js";
import { at, fixed, parseNumber } from "./numbers.js";
import { imageLattice, type ImageLattice } from "./reduction.js";
import { applyOperation, type SymmetryOperation } from "./symop.js";
import { assertCrystal } from "./validate.js";
import { mapVector, minus, norm, plus, timesMatrix } from "./vectors.js";

/** What a CIF says besides the structure. */
export interface CifOptions {
  /** Name of the data block; the formula if absent. */
  readonly title?: string;
  /** Lines put in front as comments. */
  readonly comments?: readonly string[];
}

interface Site {
  readonly label: string;
  readonly atomicNumber: number;
  readonly fracCoord: Vector3;
}

/**
 * The crystal of a CIF: symmetry applied, special positions merged; the lattice in the canonical frame
 * (latticeFromParameters). Symmetry comes from the listed operations, else from the space group's name or number where
 * that leaves no choice of setting, else P1.
 * @param name what messages begin with, for example the file's name.
 * @throws Error for anything else: broken syntax, no or several structures, partial occupancy, unknown elements,
 *   missing or unreadable numbers, a singular cell, overlapping atoms.
 */
export function parseCif(text: string, name = "CIF"): Crystal {
  const blocks = at(name, () => parseCifBlocks(text)).filter((block) => block.values.has("_atom_site_fract_x"));
  const [block, ...others] = blocks;
  if (block === undefined || others.length > 0) {
    const found = blocks.length === 0 ? "none" : blocks.map((other) => `data_${other.name}`).join(", ");
    throw new Error(`${name}: expected one data block with _atom_site_fract_x, found ${found}`);
  }
  return at(`${name}: data_${block.name}`, () => crystalOfBlock(block));
}

/**
 * A CIF with all atoms of the cell in P1. Ten decimals of the coordinates, eight of the cell; the orientation of the
 * lattice in space is not kept.
 */
export function formatCif(like: CrystalLike, { title, comments = [] }: CifOptions = {}): string {
  const crystal = crystalOf(like);
  const { lengths, anglesDeg } = latticeParameters(crystal.latticeMatrix);
  const parameter = (tag: string, x: number) => `_cell_${tag}  ${fixed(x, 8)}`;
  return [
    ...comments.flatMap((comment) => comment.split(/\r\n|\n|\r/)).map((line) => `# ${line}`),
    `data_${blockName(title ?? formula(crystal.atomicNumbers))}`,
    "_symmetry_space_group_name_H-M  'P 1'",
    "_symmetry_Int_Tables_number  1",
    ...["length_a", "length_b", "length_c"].map((tag, k) => parameter(tag, lengths[k])),
    ...["angle_alpha", "angle_beta", "angle_gamma"].map((tag, k) => parameter(tag, anglesDeg[k])),
    "loop_\n_symmetry_equiv_pos_as_xyz\n  'x, y, z'",
    "loop_\n_atom_site_label\n_atom_site_type_symbol",
    "_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy",
    ...crystal.atomicNumbers.map((z, atom) => siteLine(crystal.fracCoords[atom], elementSymbol(z), atom)),
    "",
  ].join("\n");
}

function siteLine(fracCoord: Vector3, symbol: string, atom: number): string {
  const coords = wrap(fracCoord).map((x) => fixed(x, 10));
  return `  ${symbol}${atom + 1}  ${symbol}  ${coords.join("  ")}  1`;
}

/** CIF names of blocks have no white space, 75 characters at most and ASCII only. */
function blockName(title: string): string {
  return title.replace(/[^\w.+()-]+/g, "_").slice(0, 75) || "crystal";
}

function crystalOfBlock(block: CifBlock): Crystal {
  const lattice = latticeFromParameters(
    [cell(block, "length_a"), cell(block, "length_b"), cell(block, "length_c")],
    [cell(block, "angle_alpha"), cell(block, "angle_beta"), cell(block, "angle_gamma")],
  );
  const images = imageLattice(lattice);
  const operations = symmetryOperations(block);
  const atoms = sites(block).flatMap((site) =>
    orbit(site.fracCoord, operations, images).map((fracCoord) => ({ fracCoord, z: site.atomicNumber })),
  );
  return assertCrystal({
    latticeMatrix: lattice,
    fracCoords: atoms.map(({ fracCoord }) => fracCoord),
    atomicNumbers: atoms.map(({ z }) => z),
  });
}

function cell(block: CifBlock, tag: string): number {
  return number(block.values.get(`_cell_${tag}`)?.[0], `a number for _cell_${tag}`);
}

function sites(block: CifBlock): Site[] {
  const column = (tag: string) => block.values.get(`_atom_site_${tag}`) ?? [];
  const [labels, types, occupancies] = [column("label"), column("type_symbol"), column("occupancy")];
  const [xs, ys, zs] = [column("fract_x"), column("fract_y"), column("fract_z")];
  return xs.map((x, row) => {
    const label = labels[row] ?? types[row] ?? `number ${row + 1}`;
    return at(`site ${label}`, () => {
      assertFull(occupancies[row]);
      const coordinate = (text: string | null | undefined, axis: string) =>
        number(text, `a number for _atom_site_fract_${axis}`);
      return {
        label,
        atomicNumber: elementOf(types[row], label),
        fracCoord: wrap([coordinate(x, "x"), coordinate(ys[row], "y"), coordinate(zs[row], "z")]),
      };
    });
  });
}

function assertFull(occupancy: string | null | undefined): void {
  if (occupancy === undefined || occupancy === null) return;
  const share = number(occupancy, "a number for _atom_site_occupancy");
  if (Math.abs(share - 1) > 1e-3)
    throw new Error(`expected full occupancy, found ${occupancy}: disorder is not supported`);
}

/** "Fe3+" or "Fe" of the type, else the element that the label begins with: "Fe1", "O1A". */
function elementOf(type: string | null | undefined, label: string): number {
  const text = type ?? label;
  const letters = /^[A-Za-z]+/.exec(text)?.[0] ?? "";
  if (letters === "D" || letters === "T") return 1;
  const tidy = letters.slice(0, 1).toUpperCase() + letters.slice(1).toLowerCase();
  if (type !== null && type !== undefined) return atomicNumber(tidy);
  // "CA1" may be calcium or a carbon atom: only what has one reading is accepted.
  const readings = [letters.slice(0, 1), tidy.slice(0, 2)].filter(isElement);
  if (isElement(letters)) return atomicNumber(letters);
  if (readings.length === 1 && /^[A-Z]{2}/.test(letters)) return atomicNumber(readings[0]);
  throw new Error("expected _atom_site_type_symbol, or a label that begins with an element's symbol");
}

/** A CIF number, without the uncertainty in brackets: 1.234(5). */
function number(text: string | null | undefined, what: string): number {
  return parseNumber(text?.replace(/\(\d+\)$/, ""), what);
}

/**
 * All distinct images of a site in the cell. Images closer than the overlap distance are one atom on a special position
 * that the file gives with few digits ("0.333"): their mean is taken.
 */
function orbit(x: Vector3, operations: readonly SymmetryOperation[], images: ImageLattice): Vector3[] {
  const clusters: { first: Vector3; offsets: Vector3[] }[] = [];
  for (const operation of operations) {
    const image = applyOperation(operation, x);
    const near = clusters.find(({ first }) => length(offset(image, first), images) < overlapDistance);
    if (near) near.offsets.push(offset(image, near.first));
    else clusters.push({ first: image, offsets: [[0, 0, 0]] });
  }
  return clusters.map(({ first, offsets }) => {
    const sum = offsets.reduce(plus);
    return wrap(
      plus(
        first,
        mapVector(sum, (component) => component / offsets.length),
      ),
    );
  });
}

/** Shortest in fractional coordinates: enough to recognise close images. */
function offset(x: Vector3, from: Vector3): Vector3 {
  return mapVector(minus(x, from), (component) => component - Math.round(component));
}

function length(fractional: Vector3, images: ImageLattice): number {
  const reduced = mapVector(timesMatrix(fractional, images.change), (component) => component - Math.round(component));
  return norm(timesMatrix(reduced, images.triangular));
}
