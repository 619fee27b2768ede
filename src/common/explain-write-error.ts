import { FileError } from "./file-error.js";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission is denied",
  EPERM: "the system does not permit it",
  EROFS: "the disk is read-only",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "it is a folder",
  EFBIG: "the file would be too large for this disk",
};

/** Turns a system error from writing to `path` into a FileError for the user; returns every other error unchanged. */
export function explainWriteError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return error;
  const code = String(error.code);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new FileError("no_folder", `${path} cannot be created: its folder does not exist.`, {
      cause: error,
    });
  }
  const reason = reasons[code] ?? code;
  return new FileError("cannot_write", `${path} cannot be written: ${reason}.`, { cause: error });
}
