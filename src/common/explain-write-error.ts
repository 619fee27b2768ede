import { FileError } from "./file-error.js";

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission is denied",
  EPERM: "the system does not permit it",
  EROFS: "the disk can only be read",
  ENAMETOOLONG: "the name is too long",
  EISDIR: "it is a folder",
  EFBIG: "the file would be too large for this disk",
};

/** What the user is told when the system refuses to write an export; every other error as it is. */
export function explainWriteError(path: string, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error && "syscall" in error)) return error;
  const code = String(error.code);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new FileError("no_folder", `${path} cannot be made: its folder does not exist.`, {
      cause: error,
    });
  }
  const reason = reasons[code] ?? code;
  return new FileError("cannot_write", `${path} cannot be written: ${reason}.`, { cause: error });
}
