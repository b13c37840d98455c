import { crc32 } from "node:zlib";
import { inflateSync } from "fflate";

/** One file inside a zip archive, as its central directory describes it. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly headerOffset: number;
}

const END_OF_DIRECTORY = 0x06054b50;
const ZIP64_LOCATOR = 0x07064b50;
const ZIP64_END = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_SIZE = 22;
/** Deflate cannot expand further than this, so a larger announced size is a lie. */
const LARGEST_DEFLATE_RATIO = 1032;

/**
 * Opens a zip archive (stored or deflated entries, zip64 included) and returns a function that extracts one entry.
 * fflate inflates; the directory is read here because fflate trusts announced sizes and does not compare checksums,
 * and damaged weights must not pass as weights.
 *
 * @param bytes the whole archive
 * @param label what errors call the archive (its file name)
 * @returns the entries' names and `read(name)`; stored entries are views into `bytes`
 * @throws Error naming the archive and the entry when it is not a zip archive, is cut short, encrypted, uses another
 *   compression, names an entry twice, or (from `read`) the entry is absent or its size or CRC-32 does not match
 */
export function openZip(bytes: Uint8Array, label: string): { names: string[]; read: (name: string) => Uint8Array } {
  const entries = new Map<string, ZipEntry>();
  for (const entry of directory(bytes, label)) {
    if (entries.has(entry.name)) throw new Error(`${label}: the zip archive names the entry "${entry.name}" twice`);
    entries.set(entry.name, entry);
  }
  const read = (name: string): Uint8Array => {
    const entry = entries.get(name);
    if (!entry) throw new Error(`${label}: expected an entry "${name}" in the zip archive, found none`);
    return extract(bytes, entry, label);
  };
  return { names: [...entries.keys()], read };
}

function* directory(bytes: Uint8Array, label: string): Generator<ZipEntry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fail = (what: string): never => {
    throw new Error(`${label}: not a readable zip archive: ${what}`);
  };
  const end = findEnd(view) ?? fail("expected an end-of-directory record, found none (is the file cut short?)");
  const { count, offset } = zip64End(view, end) ?? {
    count: view.getUint16(end + 10, true),
    offset: view.getUint32(end + 16, true),
  };
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY)
      fail(`directory entry ${i + 1} of ${count} is missing or damaged`);
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    if (extraEnd > end) fail(`directory entry ${i + 1} of ${count} runs past the end of the directory`);
    if (view.getUint16(at + 8, true) & 1) fail(`directory entry ${i + 1} of ${count} is encrypted`);
    yield {
      name: new TextDecoder().decode(bytes.subarray(at + 46, nameEnd)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      ...sizes(view, at, nameEnd, extraEnd),
    };
    at = extraEnd + view.getUint16(at + 32, true);
  }
}

/** The end record is followed by a comment of at most 65535 bytes, so it is searched backwards. */
function findEnd(view: DataView): number | undefined {
  const last = view.byteLength - END_SIZE;
  for (let at = last; at >= Math.max(0, last - 0xffff); at--) {
    if (
      view.getUint32(at, true) === END_OF_DIRECTORY &&
      at + END_SIZE + view.getUint16(at + 20, true) === view.byteLength
    )
      return at;
  }
  return undefined;
}

function zip64End(view: DataView, end: number): { count: number; offset: number } | undefined {
  if (end < 20 || view.getUint32(end - 20, true) !== ZIP64_LOCATOR) return undefined;
  const at = Number(view.getBigUint64(end - 12, true));
  if (at + 56 > end || view.getUint32(at, true) !== ZIP64_END) return undefined;
  return { count: Number(view.getBigUint64(at + 32, true)), offset: Number(view.getBigUint64(at + 48, true)) };
}

/** Sizes and offset of a directory entry; a 32-bit field of all ones stands in the zip64 extra field instead, in this order. */
function sizes(
  view: DataView,
  at: number,
  extraStart: number,
  extraEnd: number,
): Pick<ZipEntry, "size" | "compressedSize" | "headerOffset"> {
  const [fieldStart, fieldEnd] = zip64Field(view, extraStart, extraEnd);
  let field = fieldStart;
  const wide = (short: number): number => {
    if (short !== 0xffffffff || field + 8 > fieldEnd) return short;
    field += 8;
    return Number(view.getBigUint64(field - 8, true));
  };
  const size = wide(view.getUint32(at + 24, true));
  const compressedSize = wide(view.getUint32(at + 20, true));
  const headerOffset = wide(view.getUint32(at + 42, true));
  return { size, compressedSize, headerOffset };
}

function zip64Field(view: DataView, start: number, end: number): [number, number] {
  for (let at = start; at + 4 <= end; at += 4 + view.getUint16(at + 2, true)) {
    const fieldEnd = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1 && fieldEnd <= end) return [at + 4, fieldEnd];
  }
  return [end, end];
}

function extract(bytes: Uint8Array, entry: ZipEntry, label: string): Uint8Array {
  const fail = (what: string): never => {
    throw new Error(`${label}: entry "${entry.name}" of the zip archive ${what}`);
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = entry.headerOffset;
  if (header + 30 > bytes.length || view.getUint32(header, true) !== LOCAL_HEADER)
    fail("has no header where the directory says");
  const start = header + 30 + view.getUint16(header + 26, true) + view.getUint16(header + 28, true);
  const stop = start + entry.compressedSize;
  if (stop > bytes.length) fail(`ends at byte ${stop}, beyond the file's ${bytes.length} bytes`);
  const data = decompress(bytes.subarray(start, stop), entry, fail);
  if (data.length !== entry.size) fail(`should have ${entry.size} bytes, found ${data.length}`);
  if (crc32(data) !== entry.crc) fail("is damaged: its CRC-32 does not match its content");
  return data;
}

function decompress(data: Uint8Array, entry: ZipEntry, fail: (what: string) => never): Uint8Array {
  if (entry.method === 0) return data;
  if (entry.method !== 8) fail(`uses compression method ${entry.method}; expected stored (0) or deflated (8)`);
  if (entry.size > data.length * LARGEST_DEFLATE_RATIO)
    fail(`announces ${entry.size} bytes from ${data.length} compressed ones, which deflate cannot reach`);
  try {
    return inflateSync(data, { out: new Uint8Array(entry.size) });
  } catch (error) {
    return fail(`cannot be decompressed: ${(error as Error).message}`);
  }
}
