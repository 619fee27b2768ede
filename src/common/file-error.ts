import { TelltaleError } from "./telltale-error.js";

export type FileErrorCode =
  /** The path is taken, and nothing may be overwritten without `--force`. */
  | "exists"
  /** Not even `--force` may overwrite what has this path: it is not an export or a backup. */
  | "not_replaceable"
  /** The folder to write into is missing. */
  | "no_folder"
  /** The system refuses to write, or the disk is full. */
  | "cannot_write";

/** Why a file cannot be written; `message` is a sentence for the user. */
export class FileError extends TelltaleError<FileErrorCode> {
  override readonly name = "FileError";
}
