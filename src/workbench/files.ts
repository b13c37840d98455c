import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";

/** SHA-256 of a file, hexadecimal. */
export async function fileSha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}

/** @throws Error when a file is there already, unless it may be replaced */
export function assertNew(path: string, replace = false): void {
  if (!replace && existsSync(path))
    throw new Error(`${path}: it exists already; choose another name, or --force to replace it`);
}
