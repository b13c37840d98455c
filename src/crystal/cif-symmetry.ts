import type { MoyoHallSymbolEntry } from "@spglib/moyo-wasm";
import type { CifBlock } from "./cif-syntax.js";
import { hallEntries, hallOperations, rows } from "./moyo.js";
import { at } from "./numbers.js";
import { parseOperation, type SymmetryOperation } from "./symop.js";

const operationTags = ["_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz"];
const symbolTags = ["_space_group_name_h-m_alt", "_symmetry_space_group_name_h-m", "_space_group_name_h-m_full"];
const hallTags = ["_space_group_name_hall", "_symmetry_space_group_name_hall"];
const numberTags = ["_space_group_it_number", "_symmetry_int_tables_number"];

/**
 * The operations that a CIF lists; without a list those of its space group, if symbol and number leave one setting;
 * without a space group the identity.
 * @throws Error if operations cannot be read, the group is unknown or its setting is ambiguous.
 */
export function symmetryOperations(block: CifBlock): SymmetryOperation[] {
  const listed = operationTags.map((tag) => block.values.get(tag)).find((list) => list !== undefined);
  if (listed !== undefined) {
    return listed.map((text, k) => at(`symmetry operation ${k + 1}`, () => parseOperation(text ?? "?")));
  }
  if ([...block.values.keys()].some((tag) => tag.startsWith("_space_group_symop_magn"))) {
    throw new Error("expected a structure without magnetic symmetry, found _space_group_symop_magn");
  }
  const named = settingsOf(block);
  if (named === undefined) return [parseOperation("x, y, z")];
  const [setting, ...others] = named;
  if (setting === undefined || others.length > 0) {
    throw new Error(
      `expected a list of symmetry operations (${operationTags[0]}) or a space group with one setting, ` +
        `found ${named.length} settings for ${description(block)}`,
    );
  }
  return hallOperations(setting).map(({ rotation, translation }) => ({ rotation: rows(rotation), translation }));
}

/** All settings that fit what the file says of its space group; undefined if it says nothing. */
function settingsOf(block: CifBlock): MoyoHallSymbolEntry[] | undefined {
  const [hall, symbol, number] = [hallTags, symbolTags, numberTags].map((tags) => first(block, tags));
  if (hall === undefined && symbol === undefined && number === undefined) return undefined;
  const spelling = symbol === undefined ? undefined : plain(symbol);
  const fits = (entry: MoyoHallSymbolEntry) =>
    (number === undefined || entry.number === Number(number)) &&
    (hall === undefined || plain(entry.hall_symbol) === plain(hall)) &&
    (spelling === undefined || spellings(entry).includes(spelling));
  return hallEntries().filter(fits);
}

/** "F d -3 m", with and without the setting ("Fd-3m:2"); "P 21/c" means the unique axis b, as everywhere. */
function spellings(entry: MoyoHallSymbolEntry): string[] {
  const isMonoclinic = entry.number >= 3 && entry.number <= 15;
  const withoutOnes = entry.hm_full
    .split(" ")
    .filter((word) => word !== "1")
    .join("");
  const short = isMonoclinic ? (entry.setting.startsWith("b") ? [withoutOnes] : []) : [entry.hm_short];
  const names = [entry.hm_full, ...short].map(plain);
  return entry.setting === "" ? names : [...names, ...names.map((name) => `${name}:${plain(entry.setting)}`)];
}

function plain(symbol: string): string {
  return symbol
    .replace(/[\s_]+/g, "")
    .replaceAll("=", '"')
    .toLowerCase();
}

function first(block: CifBlock, tags: readonly string[]): string | undefined {
  return tags.map((tag) => block.values.get(tag)?.[0]).find((text) => typeof text === "string");
}

function description(block: CifBlock): string {
  return [...symbolTags, ...hallTags, ...numberTags]
    .filter((tag) => block.values.get(tag)?.[0])
    .map((tag) => `${tag} ${block.values.get(tag)![0]}`)
    .join(", ");
}
