import { existsSync } from "node:fs";
import { appendLine, readJsonLines, writeFileAtomic } from "../data/index.js";

/** Values kept one a line, so that a crash costs at most the line being written. */
export interface LineStore<T> {
  readonly kept: readonly T[];
  /** Writes a value as the next line. */
  append(value: T): Promise<void>;
}

/** How a line's value is written and checked. */
export interface LineStoreOptions<T> {
  /** Checks a line's value. @throws Error that says what was expected */
  readonly read: (value: unknown) => T;
  /** What a line holds. Default: the value itself. */
  readonly plain?: (value: T) => unknown;
}

/** Opens or begins a store; an unfinished last line is removed. @throws Error that names file and line */
export async function openLineStore<T>(
  path: string,
  { read, plain = (value) => value }: LineStoreOptions<T>,
): Promise<LineStore<T>> {
  const line = (value: T) => JSON.stringify(plain(value));
  const { kept, unfinished } = await readLines(path, read);
  if (unfinished) await writeFileAtomic(path, kept.map((value) => `${line(value)}\n`).join(""));
  return { kept, append: (value) => appendLine(path, line(value)) };
}

/** The store's values, without changing the file. @throws Error that names file and line */
export async function readLines<T>(
  path: string,
  read: (value: unknown) => T,
): Promise<{ kept: T[]; unfinished: boolean }> {
  const kept: T[] = [];
  let unfinished = false;
  if (!existsSync(path)) return { kept, unfinished };
  for await (const { value, number } of readJsonLines(path, () => (unfinished = true))) {
    try {
      kept.push(read(value));
    } catch (error) {
      throw new Error(`${path}: line ${number}: ${(error as Error).message}`, { cause: error });
    }
  }
  return { kept, unfinished };
}
