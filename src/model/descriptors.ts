import { elementCount, elementData } from "../crystal/index.js";

/** Length of one element's descriptor. */
export const descriptorSize = 18 + 7 + 3;

/**
 * Descriptors of an element from the periodic table: group and period (one-hot), electronegativity, covalent radius and number
 * of valence electrons, scaled to about one. Lets a network share what it learns between neighbours in the table, which
 * is where small data sets lose.
 */
export function elementDescriptor(atomicNumber: number): number[] {
  const { group, period, electronegativity, covalentRadius } = elementData(atomicNumber);
  return [
    ...oneHot(group, 18),
    ...oneHot(period, 7),
    (electronegativity ?? 2) - 2,
    (covalentRadius ?? 1.5) - 1.5,
    ((group ?? 3) - (group !== null && group > 12 ? 10 : 0)) / 6 - 1,
  ];
}

/** Descriptors of the type classes, [C, descriptorSize] row-major; class = Z - 1. */
export function descriptorTable(classCount: number): Float32Array {
  const rows = Array.from({ length: classCount }, (_, c) =>
    c < elementCount ? elementDescriptor(c + 1) : Array<number>(descriptorSize).fill(0),
  );
  return Float32Array.from(rows.flat());
}

function oneHot(value: number | null, size: number): number[] {
  return Array.from({ length: size }, (_, i) => (i + 1 === value ? 1 : 0));
}
