import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { isGzip } from "../../base/gunzip.js";

/** Compressions that are recognised but not read, by their first bytes (hexadecimal). */
const otherCompressions: readonly (readonly [string, string])[] = [
  ["425a68", "bzip2"],
  ["fd377a585a00", "xz"],
  ["28b52ffd", "zstd"],
  ["504b0304", "zip"],
];

/** Bytes that a gzip file may unpack to: no output of a density of states is larger, and a bomb must end. */
const largestUnpacked = 50e9;

/**
 * A file's contents piece by piece, gunzipped if it is gzip (recognised by its first bytes, not by its name).
 *
 * @param limit most bytes that a gzip file may unpack to.
 * @throws Error that names the file: missing, empty, another compression, damaged or cut gzip data, more than the limit.
 */
export async function* fileBytes(path: string, limit = largestUnpacked): AsyncGenerator<Uint8Array> {
  const head = await firstBytes(path);
  if (head.length === 0) throw new Error(`${path}: the file is empty`);
  const other = otherCompressions.find(([magic]) => head.toString("hex").startsWith(magic));
  if (other) throw new Error(`${path}: compressed with ${other[1]}; plain and gzip files are read`);
  const file = createReadStream(path);
  const packed = isGzip(head);
  let size = 0;
  try {
    for await (const chunk of packed ? gunzipped(file) : file) {
      size += (chunk as Uint8Array).length;
      if (packed && size > limit) throw new Error(`it unpacks to more than the limit of ${limit / 1e6} MB`);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw new Error(`${path}: ${gzipReason(error as NodeJS.ErrnoException)}`, { cause: error });
  } finally {
    file.destroy();
  }
}

/** All of a file's text (UTF-8). @throws Error that names the file; above `limit` bytes too. */
export async function fileText(path: string, limit = 500e6): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of fileBytes(path)) {
    size += chunk.length;
    if (size > limit)
      throw new Error(`${path}: more than the limit of ${limit / 1e6} MB for JSON, which is read in one piece`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function gunzipped(file: NodeJS.ReadableStream): NodeJS.ReadableStream {
  const gunzip = createGunzip();
  // Errors reach the consumer through the stream itself.
  pipeline(file, gunzip, () => undefined);
  return gunzip;
}

async function firstBytes(path: string): Promise<Buffer> {
  const handle = await open(path, "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

function gzipReason({ code, message }: NodeJS.ErrnoException): string {
  if (code === "Z_BUF_ERROR") return "the gzip data end early: the file is cut off";
  return code?.startsWith("Z_") ? `damaged gzip data (${message})` : message;
}
