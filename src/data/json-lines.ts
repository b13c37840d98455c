import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { Readable } from "node:stream";
import { parseJson } from "../base/json.js";

/** One line of a JSON-lines file. */
export interface JsonLine {
  /** Counted from 1. */
  readonly number: number;
  readonly value: unknown;
}

/**
 * Reads a JSON-lines file, plain or gzip (by its name, `.gz`), line by line; empty lines are skipped.
 *
 * A last line without a newline is left out, since a writer may still be appending to it, and is reported to `onUnfinished`.
 * Any other line that is not JSON is refused.
 *
 * @throws Error that names the file and the line; a damaged or cut gzip file is refused too.
 */
export async function* readJsonLines(
  path: string,
  onUnfinished?: (line: number) => void,
): AsyncGenerator<JsonLine, void, undefined> {
  let number = 0;
  try {
    for await (const line of finishedLines(path, () => onUnfinished?.(number + 1))) {
      number++;
      if (line.trim() !== "") yield { number, value: parseJson(line, `line ${number}`) };
    }
  } catch (error) {
    const { message } = error as Error;
    throw new Error(message.includes(path) ? message : `${path}: ${message}`, { cause: error });
  }
}

/** Characters of a line; a record of a hundred atoms has a million. */
const longestLine = 200e6;

async function* finishedLines(path: string, onUnfinished: () => void): AsyncGenerator<string> {
  let rest: string[] = [];
  let length = 0;
  for await (const chunk of openText(path)) {
    const pieces = chunk.split("\n");
    length = pieces.length === 1 ? length + chunk.length : pieces[pieces.length - 1].length;
    if (length > longestLine) throw new Error(`a line is longer than the limit of ${longestLine / 1e6} MB`);
    for (const piece of pieces.slice(0, -1)) {
      yield rest.join("") + piece;
      rest = [];
    }
    rest.push(pieces[pieces.length - 1]);
  }
  if (rest.some((piece) => piece !== "")) onUnfinished();
}

async function* openText(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  const bytes: Readable = path.endsWith(".gz") ? file.pipe(createGunzip()) : file;
  file.on("error", (error) => bytes.destroy(error));
  try {
    for await (const chunk of bytes.setEncoding("utf8")) yield chunk as string;
  } finally {
    file.destroy();
  }
}
