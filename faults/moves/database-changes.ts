import { copyFile, mkdir, rename, rm, truncate } from "node:fs/promises";
import { dirname } from "node:path";
import { Store } from "../../src/database/index.js";

/** What is done to the files of a database while a daemon has it open. */
export interface DatabaseChange {
  readonly name: string;
  readonly make: (path: string) => Promise<void>;
  /** Whether it destroys messages that were stored before. */
  readonly isDestructive?: boolean;
}

export const databaseChanges: readonly DatabaseChange[] = [
  { name: "the file deleted", make: (path) => rm(path) },
  { name: "the file moved", make: (path) => rename(path, `${path}.moved`) },
  {
    name: "the file moved away and back",
    make: async (path) => {
      await rename(path, `${path}.moved`);
      await rename(`${path}.moved`, path);
    },
  },
  { name: "the file replaced by a copy", make: (path) => replaceByCopy(path) },
  {
    name: "the file replaced by another database",
    make: async (path) => {
      await (await Store.open(`${path}.other`)).close();
      await rename(`${path}.other`, path);
    },
  },
  { name: "the file and its log moved", make: moveBoth },
  { name: "the folder renamed", make: (path) => rename(dirname(path), `${dirname(path)}-moved`) },
  {
    name: "the folder replaced",
    make: async (path) => {
      await rename(dirname(path), `${dirname(path)}-moved`);
      await mkdir(dirname(path));
    },
  },
  { name: "the folder deleted", make: (path) => rm(dirname(path), { recursive: true }) },
  { name: "the log deleted", make: (path) => rm(`${path}-wal`) },
  { name: "the log moved", make: (path) => rename(`${path}-wal`, `${path}-wal.moved`) },
  { name: "the log replaced by a copy", make: (path) => replaceByCopy(`${path}-wal`) },
  { name: "the index of the log deleted", make: (path) => rm(`${path}-shm`) },
  { name: "the file truncated", make: (path) => truncate(path, 4096), isDestructive: true },
];

async function replaceByCopy(path: string): Promise<void> {
  await copyFile(path, `${path}.copy`);
  await rename(`${path}.copy`, path);
}

async function moveBoth(path: string): Promise<void> {
  await rename(path, `${path}.moved`);
  await rename(`${path}-wal`, `${path}.moved-wal`);
}
