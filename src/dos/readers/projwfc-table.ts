import { fileText } from "./bytes.js";
import { fortranNumbers } from "./numbers.js";

/** A table of projwfc.x. */
export interface ProjwfcTable {
  /** [n] rising, eV on pw.x's scale. */
  readonly energies: Float64Array;
  /** Names of the other columns ("ldosup", "pdosdw", "dos") with their values [n], states/eV, in the order of the file. */
  readonly columns: readonly { readonly name: string; readonly values: Float64Array }[];
}

/**
 * Reads one of projwfc.x's tables: a header "# E (eV)  ldos(E)  pdos(E) ...", then numbers.
 * @throws Error that names the file and the line; a k-resolved table is refused.
 */
export async function readProjwfcTable(path: string): Promise<ProjwfcTable> {
  const lines = (await fileText(path)).split("\n");
  const names = columnNames(lines[0], path);
  const rows: number[][] = [];
  lines.slice(1).forEach((line, i) => {
    if (line.trim() === "") return;
    const row = numbersOf(line, `${path}: line ${i + 2}`);
    if (row.length !== names.length + 1)
      throw new Error(`${path}: line ${i + 2}: expected ${names.length + 1} numbers, found ${row.length}`);
    rows.push(row);
  });
  if (rows.length < 2) throw new Error(`${path}: expected at least 2 energies, found ${rows.length}`);
  return {
    energies: risingEnergies(rows.map(([energy]) => energy), path), // prettier-ignore
    columns: names.map((name, c) => ({ name, values: Float64Array.from(rows, (row) => row[c + 1]) })),
  };
}

function columnNames(header: string, path: string): string[] {
  const found = header.match(/\bik\b|E \(eV\)|[a-z]+(?=\(E\))/g) ?? [];
  if (found[0] === "ik")
    throw new Error(`${path}: a k-resolved table; run projwfc.x without kresolveddos = .true. and read the new files`);
  if (!header.startsWith("#") || found[0] !== "E (eV)" || found.length < 2)
    throw new Error(`${path}: expected projwfc.x's header "# E (eV)  ldos(E)  pdos(E) ...", found ${JSON.stringify(header.slice(0, 40))}`); // prettier-ignore
  return found.slice(1);
}

function numbersOf(line: string, where: string): number[] {
  try {
    return fortranNumbers(line);
  } catch (error) {
    throw new Error(`${where}: ${(error as Error).message}`, { cause: error });
  }
}

/** Energies are printed with three decimals, which repeat when DeltaE is below 0.001 eV; the steps are equal. */
function risingEnergies(printed: readonly number[], path: string): Float64Array {
  const last = printed.length - 1;
  const falls = printed.findIndex((e, i) => i > 0 && e < printed[i - 1]);
  if (falls >= 0 || printed[last] <= printed[0])
    throw new Error(`${path}: energies must rise: ${printed[Math.max(1, falls)]} eV comes after ${printed[Math.max(1, falls) - 1]} eV`); // prettier-ignore
  const repeats = printed.some((e, i) => i > 0 && e === printed[i - 1]);
  const step = (printed[last] - printed[0]) / last;
  return Float64Array.from(printed, (e, i) => (repeats ? printed[0] + i * step : e));
}
