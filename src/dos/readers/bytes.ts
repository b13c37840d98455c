import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";

/** Compressions that are recognised but not read, by their first bytes (hexadecimal). */
const otherCompressions: readonly (readonly [string, string])[] = [
  ["425a68", "bzip2"],
  ["fd377a585a00", "xz"],
  ["28b52ffd", "zstd"],
  ["504b0304", "zip"],
];

/**
 * A file's contents piece by piece, gunzipped if it is gzip (told by its first bytes, not by its name).
 *
 * @throws Error that names the file: missing, empty, another compression, damaged or cut gzip data.
 */
export async function* fileBytes(path: string): AsyncGenerator<Uint8Array> {
  const head = await firstBytes(path);
  if (head.length === 0) throw new Error(`${path}: the file is empty`);
  const other = otherCompressions.find(([magic]) => head.toString("hex").startsWith(magic));
  if (other) throw new Error(`${path}: compressed with ${other[1]}; plain and gzip files are read`);
  const file = createReadStream(path);
  const bytes = head[0] === 0x1f && head[1] === 0x8b ? gunzipped(file) : file;
  try {
    for await (const chunk of bytes) yield chunk as Uint8Array;
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
    if (size > limit) throw new Error(`${path}: more than ${limit / 1e6} MB of JSON; it cannot be read in one piece`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function gunzipped(file: NodeJS.ReadableStream): NodeJS.ReadableStream {
  const gunzip = createGunzip();
  // The consumer hears of errors through the stream itself.
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
