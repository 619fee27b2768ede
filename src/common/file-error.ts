export type FileErrorCode =
  /** Something is there already, and is not written over. */
  | "exists"
  /** What `--force` would write over is no export. */
  | "not_an_export"
  /** The folder to write into is missing, or is none. */
  | "no_folder"
  /** The system refuses, or the disk is full. */
  | "cannot_write";

/** What an export cannot do; `message` is one sentence for the user. */
export class FileError extends Error {
  override readonly name = "FileError";

  constructor(
    readonly code: FileErrorCode,
    sentence: string,
    options?: ErrorOptions,
  ) {
    super(sentence, options);
  }
}
