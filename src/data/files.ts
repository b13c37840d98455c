import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** What a file is written from: all at once, or piece by piece. */
export type FileContent = string | Uint8Array | AsyncIterable<string | Uint8Array>;

/**
 * Writes a file whole or not at all: to a temporary name in the same folder, flushed to the disk, then renamed.
 * Missing folders are made. An older file of that name stays as it was when anything fails.
 *
 * @throws Error that names the path and says what went wrong (a full disk in plain words).
 */
export async function writeFileAtomic(path: string, data: FileContent): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAndFlush(temporary, "wx", data);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/**
 * Appends one line (a newline is added) and flushes it to the disk. A crash may leave half a line at the end of the
 * file, never damage an earlier one.
 *
 * @throws Error that names the path and says what went wrong.
 */
export async function appendLine(path: string, line: string): Promise<void> {
  if (line.includes("\n")) throw new Error(`${path}: a line to append contains a newline`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeAndFlush(path, "a", `${line}\n`);
  } catch (error) {
    throw writeError(path, error);
  }
}

async function writeAndFlush(path: string, flags: string, data: FileContent): Promise<void> {
  const file = await open(path, flags);
  try {
    if (typeof data === "string" || data instanceof Uint8Array) await file.writeFile(data);
    else for await (const piece of data) await file.writeFile(piece);
    await file.sync();
  } finally {
    await file.close();
  }
}

function writeError(path: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  return new Error(`${path}: not written: ${reasons[code ?? ""] ?? (cause as Error).message}`, { cause });
}

const reasons: Record<string, string> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
};
