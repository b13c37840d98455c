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
 * Reads a JSON-lines file, plain or gzip (by its name, `.gz`), line by line; empty lines are passed over.
 *
 * A last line without a newline is not given out: a writer that appends may be in the middle of it. `onUnfinished`
 * hears of it. Any other line that is not JSON is refused.
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

async function* finishedLines(path: string, onUnfinished: () => void): AsyncGenerator<string> {
  let rest: string[] = [];
  for await (const chunk of openText(path)) {
    const pieces = chunk.split("\n");
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
