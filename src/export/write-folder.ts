import { mkdir, readFile, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { DatasetFile } from "./bids.js";
import {
  alreadyExists,
  explainWriteError,
  FileError,
  isTaken,
  removePartial,
  siblingPath,
  syncFolder,
  type WriteOptions,
  writeText,
} from "../common/index.js";
import { generatorName } from "./generator.js";

/**
 * Writes the files of a dataset to a folder that appears only when it is complete. An existing folder must be empty, or, with
 * `isForced`, a dataset that telltale exported, which is replaced.
 *
 * @throws as {@link replaceFile}.
 */
export async function writeExportFolder(
  path: string,
  files: AsyncIterable<DatasetFile>,
  { isForced, signal }: WriteOptions,
): Promise<void> {
  const partial = siblingPath(path, "partial");
  try {
    const before = await lookAt(path);
    if (before === "full" && !isForced) throw alreadyExists(path);
    if (before === "full" && !(await isOwnDataset(path))) {
      throw new FileError(
        "not_replaceable",
        `${path} is not a dataset that telltale exported, so it is not overwritten; name another folder.`,
      );
    }
    await mkdir(partial);
    const folders = new Set([partial]);
    for await (const file of files) {
      const target = join(partial, file.path);
      for (let folder = dirname(target); folder !== partial; folder = dirname(folder)) folders.add(folder);
      await mkdir(dirname(target), { recursive: true });
      await writeText(target, file.content, signal);
    }
    for (const folder of folders) await syncFolder(folder);
    await nameFolder(partial, path, before === "full");
  } catch (error) {
    await removePartial(partial);
    throw explainWriteError(path, error);
  }
}

async function lookAt(path: string): Promise<"nothing" | "empty" | "full"> {
  if (!(await isTaken(path))) return "nothing";
  const isFolder = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder)
    throw new FileError("exists", `${path} exists and is not a folder; BIDS needs a folder of its own.`);
  return (await readdir(path)).length === 0 ? "empty" : "full";
}

/** Renames the finished folder to its path: rename replaces an empty folder, but fails on a full one. */
async function nameFolder(partial: string, path: string, isReplacing: boolean): Promise<void> {
  if (!isReplacing) {
    await rename(partial, path).catch(async (error: unknown) => {
      throw (await isTaken(path)) ? alreadyExists(path) : error;
    });
    await syncFolder(dirname(path));
    return;
  }
  const replaced = siblingPath(path, "replaced");
  await rename(path, replaced);
  try {
    await rename(partial, path);
  } catch (error) {
    await rename(replaced, path);
    throw error;
  }
  await syncFolder(dirname(path));
  await rm(replaced, { recursive: true, force: true });
}

async function isOwnDataset(path: string): Promise<boolean> {
  try {
    const text = await readFile(join(path, "dataset_description.json"), "utf8");
    const { GeneratedBy } = JSON.parse(text) as { GeneratedBy?: { Name?: unknown }[] };
    return GeneratedBy?.some(({ Name }) => Name === generatorName) ?? false;
  } catch {
    return false;
  }
}
