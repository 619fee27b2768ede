import { open } from "node:fs/promises";
import { explainWriteError } from "./explain-write-error.js";
import { moveIntoPlace, removePartial, requireFree, siblingPath } from "./partial-file.js";

export interface WriteOptions {
  /** Whether to overwrite an existing file. */
  readonly isForced: boolean;
  /** Aborts the write; nothing is left behind. */
  readonly signal: AbortSignal;
}

/**
 * Writes a text to a file that appears only when it is complete: it is written next to its path, synced and renamed. On any failure
 * nothing is left behind; a killed process leaves `….telltale-partial-…`.
 *
 * @throws FileError; the signal's reason; what the text throws.
 */
export async function replaceFile(
  path: string,
  text: AsyncIterable<string>,
  { isForced, signal }: WriteOptions,
): Promise<void> {
  const partial = siblingPath(path, "partial");
  try {
    await requireFree(path, isForced);
    await writeText(partial, text, signal);
    await moveIntoPlace(partial, path, isForced);
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
