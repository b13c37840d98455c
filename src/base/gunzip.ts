import { gunzipSync } from "node:zlib";

/** Whether bytes begin as gzip data do. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip data in memory.
 *
 * @param source what messages begin with, for example the file's name.
 * @param limit most bytes that they may unpack to.
 * @throws Error that names the source: damaged or cut data, or more than the limit.
 */
export function gunzip(bytes: Uint8Array, source: string, limit: number): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: limit });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ERR_BUFFER_TOO_LARGE"
        ? `it unpacks to more than the limit of ${limit / 1e6} MB`
        : `damaged gzip data: ${message}`;
    throw new Error(`${source}: ${reason}`, { cause: error });
  }
}
