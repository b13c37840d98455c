import type { Cell, Row } from "./table.js";

/** The part of a danfo DataFrame that is shown. Frames are recognised by shape: danfo is not loaded for this. */
export interface FrameLike {
  readonly columns: readonly string[];
  readonly index: readonly (string | number)[];
  readonly values: readonly (readonly Cell[])[];
}

/** The same of a danfo Series. */
export interface SeriesLike {
  readonly columns: readonly string[];
  readonly index: readonly (string | number)[];
  readonly values: readonly Cell[];
}

export function isFrame(value: unknown): value is FrameLike {
  return hasIndex(value) && value.values.every(Array.isArray);
}

export function isSeries(value: unknown): value is SeriesLike {
  return hasIndex(value) && value.columns.length === 1 && value.values.some((entry) => !Array.isArray(entry));
}

/** Rows of a frame, with its index where that says something: names, or numbers that are not those of the rows. */
export function frameRows({ columns, index, values }: FrameLike): Row[] {
  const plain = index.every((label, i) => label === i);
  return values.map((row, i) =>
    Object.fromEntries([
      ...(plain ? [] : [["", index[i]] as const]),
      ...columns.map((column, c) => [column, row[c]] as const),
    ]),
  );
}

export function seriesRows({ columns, index, values }: SeriesLike): Row[] {
  return frameRows({ columns, index, values: values.map((value) => [value]) });
}

function hasIndex(value: unknown): value is { columns: unknown[]; index: unknown[]; values: unknown[] } {
  const frame = value as { columns?: unknown; values?: unknown; index?: unknown } | null;
  return Array.isArray(frame?.columns) && Array.isArray(frame.values) && Array.isArray(frame.index);
}
