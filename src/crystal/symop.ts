import type { Matrix3, Vector3 } from "./crystal.js";
import { determinant, plus, timesMatrix } from "./vectors.js";

/** A symmetry operation x -> x rotation + translation for fractional row vectors. */
export interface SymmetryOperation {
  readonly rotation: Matrix3;
  readonly translation: Vector3;
}

/** The image of a fractional coordinate, not wrapped. */
export function applyOperation({ rotation, translation }: SymmetryOperation, x: Vector3): Vector3 {
  return plus(timesMatrix(x, rotation), translation);
}

/**
 * Reads an operation as CIF writes it: "-x+1/2, y, x-z", "1/2-x,0.5+y,Z".
 * @throws Error that quotes the text.
 */
export function parseOperation(text: string): SymmetryOperation {
  const rows = text.split(",").map(parseRow);
  const [x, y, z] = rows;
  const fail = () => new Error(`expected a symmetry operation like "-x, y+1/2, z", found ${JSON.stringify(text)}`);
  if (!x || !y || !z || rows.length !== 3) throw fail();
  const rotation: Matrix3 = [
    [x[0], y[0], z[0]],
    [x[1], y[1], z[1]],
    [x[2], y[2], z[2]],
  ];
  if (Math.abs(determinant(rotation)) !== 1) throw fail();
  return { rotation, translation: [x[3], y[3], z[3]] };
}

/** Coefficients of x, y, z and the constant; undefined if the text is no such row. */
function parseRow(text: string): [number, number, number, number] | undefined {
  const compact = text.replace(/\s+/g, "").toLowerCase();
  if (!/^[+-]?(term)([+-]term)*$/.test(compact.replace(/[xyz]|\d+\/[1-9]\d*|\d*\.?\d+|\d+\./g, "term")))
    return undefined;
  const row: [number, number, number, number] = [0, 0, 0, 0];
  for (const term of compact.match(/[+-]?[^+-]+/g) ?? []) {
    const sign = term.startsWith("-") ? -1 : 1;
    const body = term.replace(/^[+-]/, "");
    const axis = "xyz".indexOf(body);
    if (axis >= 0) row[axis as 0 | 1 | 2] += sign;
    else row[3] += sign * fraction(body);
  }
  return row;
}

function fraction(text: string): number {
  const [numerator, denominator = "1"] = text.split("/");
  return Number(numerator) / Number(denominator);
}
