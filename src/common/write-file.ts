import { open } from "node:fs/promises";
import { nameBeside, nameFile, needFree, removePartial } from "./replace-file.js";
import { explainWriteError } from "./explain-write-error.js";

export interface WriteOptions {
  /** Whether to write over what is there. */
  readonly isForced: boolean;
  /** Ends the export, and leaves nothing of it. */
  readonly signal: AbortSignal;
}

/**
 * Writes a text to a file, which appears when it is whole: it is written beside, synced and renamed. Whatever fails, nothing of it is
 * left; a process that is killed leaves `….telltale-partial-…`.
 *
 * @throws FileError; the signal's reason; what the text throws.
 */
export async function replaceFile(
  path: string,
  text: AsyncIterable<string>,
  { isForced, signal }: WriteOptions,
): Promise<void> {
  const partial = nameBeside(path, "partial");
  try {
    await needFree(path, isForced);
    await writeText(partial, text, signal);
    await nameFile(partial, path, isForced);
  } catch (error) {
    await removePartial(partial);
    throw explainWriteError(path, error);
  }
}

/** Writes a new file and syncs it. */
export async function writeText(
  path: string,
  text: AsyncIterable<string> | Iterable<string>,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, "wx");
  try {
    for await (const piece of text) {
      signal.throwIfAborted();
      await file.writeFile(piece);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  signal.throwIfAborted();
}
