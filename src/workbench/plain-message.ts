/** An error's message on one line; errors of the operating system in words. */
export function plainMessage(error: unknown): string {
  const { code, path, message } = (error ?? {}) as NodeJS.ErrnoException;
  const reason = code === undefined ? undefined : systemReasons[code];
  if (reason) return path === undefined ? reason : `${path}: ${reason}`;
  return (message ?? String(error))
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join("; ");
}

const systemReasons: Record<string, string> = {
  ENOENT: "no such file or folder",
  EISDIR: "expected a file, found a folder",
  ENOTDIR: "a part of the path is a file, not a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOSPC: "the disk is full",
  EROFS: "the file system is read-only",
  EMFILE: "too many open files",
};
