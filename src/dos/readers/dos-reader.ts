import type { DosFile, ReadDosOptions } from "./dos-file.js";

/** What a reader is shown of a file to recognise it. */
export interface DosFileStart {
  /** A file or a folder. */
  readonly path: string;
  /** The first characters, unpacked, without a byte-order mark and leading white space; at most 100. Of a folder: "". */
  readonly start: string;
}

/** A file to be read: once, piece by piece or in one piece. */
export interface DosInput {
  readonly path: string;
  /** Contents piece by piece, unpacked if they are gzip. */
  bytes(): AsyncIterable<Uint8Array>;
  /** All of it as UTF-8 text. @throws Error above 500 MB. */
  text(): Promise<string>;
}

/**
 * A file format for densities of states. A new one is a file with such a reader and an entry in `dosReaders`; one from outside
 * is passed as `readers`.
 *
 * @example
 * const twoColumns: DosReader = {
 *   name: "two columns",
 *   recognises: ({ path }) => path.endsWith(".dat"),
 *   async read(input) {
 *     const rows = (await input.text()).trim().split("\n").map((line) => line.split(/\s+/).map(Number));
 *     return [dosFile({ source: input.path, format: "two columns", energies: rows.map(([e]) => e), totalDos: rows.map(([, d]) => d) })];
 *   },
 * };
 * const file = await readDosFile("dos.dat", { readers: [twoColumns] });
 */
export interface DosReader {
  /** As messages name it: "vasprun.xml". */
  readonly name: string;
  /** Whether a file is of this format, from its name and its first bytes. */
  readonly recognises: (file: DosFileStart) => boolean | Promise<boolean>;
  /** Every entry of the file; `options.entry` may be left to the caller. */
  readonly read: (input: DosInput, options: ReadDosOptions) => Promise<readonly DosFile[]>;
}
