import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type sqlite3 from "sqlite3";
import { DataSource } from "typeorm";
import { countRows } from "./verify-copy.js";
import {
  DatabaseError,
  type ReadOnlyStore,
  type SqliteFile,
  sqliteCodeOf,
  sqliteDriver,
} from "../../database/index.js";
import { makePrivateCopy } from "../../common/index.js";

/** How many pages are copied before a signal is looked at; 4 MiB. */
const pagesAtOnce = 1024;

/** Room that SQLite needs beside a copy, for the journal. */
const journalBytes = 64 * 1024;

export interface CopyOptions {
  /** Ends the work. */
  readonly signal: AbortSignal;
  /** Is told how many pages of how many are copied. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What a copy holds. */
export interface SnapshotCopy {
  /** The rows of each table. */
  readonly rows: Readonly<Record<string, number>>;
  /** Rows that refer to none, as in the original: somebody has changed it by hand. */
  readonly strayRows: number;
}

/**
 * Copies a SQLite file as it is at one moment to a new file, while others go on writing to it, and makes sure that the copy is whole: its
 * integrity, and the number of rows of every table at that moment. The copy needs no write-ahead log, is on disk, and may be
 * read by whoever may read the file.
 *
 * @param path must not exist; whatever fails, what is there afterwards is to be taken away.
 * @throws DatabaseError `disk_full` when there is no room for it; the system's error when the file cannot be made; the signal's reason.
 */
export async function copySnapshot(
  database: ReadOnlyStore,
  path: string,
  options: CopyOptions,
): Promise<SnapshotCopy> {
  const { file } = database.engine;
  if (file === undefined) throw new DatabaseError("bad_address", "Only a file can be copied.");
  try {
    return await makePrivateCopy(path, file.path, async () => {
      const rows = await copy(file, path, options);
      return { rows, strayRows: await check(path, rows, options.signal) };
    });
  } catch (error) {
    options.signal.throwIfAborted();
    throw await explain(error, file, path);
  }
}

async function explain(error: unknown, file: SqliteFile, path: string): Promise<unknown> {
  const code = sqliteCodeOf(error);
  if (code === undefined) return error;
  // On a full disk SQLite fails with either, according to what it was doing.
  if (code === "SQLITE_FULL" || (code === "SQLITE_IOERR" && !(await hasRoom(file.path, path))))
    return new DatabaseError("disk_full", "There is no room for the copy.", { cause: error });
  if (code !== "SQLITE_IOERR") return file.explain(error);
  const sentence = `The database cannot be read, or its copy not be written (${(error as Error).message}); look at both disks.`;
  return new DatabaseError("cannot_open", sentence, { cause: error });
}

/** Whether what is still missing of a copy has room on its disk. */
async function hasRoom(original: string, copy: string): Promise<boolean> {
  const [{ size }, { size: written }, disk] = await Promise.all([
    stat(original),
    stat(copy),
    statfs(dirname(copy)),
  ]);
  return disk.bavail * disk.bsize > size - written + journalBytes;
}

/** Copies the pages inside the transaction in which the rows were counted, so that both are of the same moment. */
async function copy(file: SqliteFile, path: string, options: CopyOptions): Promise<Record<string, number>> {
  const reader = await file.openReader();
  try {
    return await interruptible(reader, options.signal, async () => {
      await reader.query("begin");
      const rows = await countRows(reader);
      await copyPages(connectionOf(reader), path, options);
      return rows;
    });
  } finally {
    await reader.destroy();
  }
}

async function copyPages(source: sqlite3.Database, path: string, { signal, onProgress }: CopyOptions) {
  const backup = await new Promise<Backup>((resolve, reject) => {
    const made: Backup = (source as unknown as BackupSource).backup(path, (error) => {
      if (error === null) resolve(made);
      else reject(error);
    });
  });
  try {
    for (let isDone = false; !isDone;) {
      signal.throwIfAborted();
      isDone = await new Promise<boolean>((resolve, reject) => {
        backup.step(pagesAtOnce, (error, isLast) => {
          if (error === null) resolve(isLast);
          else reject(error);
        });
      });
      onProgress?.(backup.pageCount - backup.remaining, backup.pageCount);
    }
  } finally {
    await new Promise<void>((resolve) => {
      backup.finish(resolve);
    });
  }
}

/**
 * Gives the number of rows that refer to none.
 *
 * @throws DatabaseError `not_a_database` where the copy is not what it should be.
 */
async function check(path: string, rows: Record<string, number>, signal: AbortSignal): Promise<number> {
  const copied = new DataSource({ type: "sqlite", driver: sqliteDriver(0), database: path, logger: "debug" });
  await copied.initialize();
  try {
    return await interruptible(copied, signal, async () => {
      // It is to be one file, also where it can only be read.
      await copied.query("pragma journal_mode = delete");
      const [integrity] = await copied.query<{ integrity_check: string }[]>("pragma integrity_check(1)");
      if (integrity?.integrity_check !== "ok")
        throw damaged(integrity?.integrity_check ?? "it cannot be checked");
      if (JSON.stringify(await countRows(copied)) !== JSON.stringify(rows))
        throw damaged("it has other rows");
      const [stray] = await copied.query<{ n: number }[]>(
        "select count(*) as n from pragma_foreign_key_check",
      );
      return stray?.n ?? 0;
    });
  } finally {
    await copied.destroy();
  }
}

function damaged(fault: string): DatabaseError {
  // SQLite says it in several lines.
  const told = fault.replaceAll(/\s+/g, " ").trim();
  return new DatabaseError(
    "not_a_database",
    `The copy is not kept, for it is damaged (${told}), and so may be the database: keep its older backups.`,
  );
}

/** Ends a long statement when the signal says so. */
async function interruptible<Result>(
  dataSource: DataSource,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const connection = connectionOf(dataSource);
  const interrupt = (): void => {
    connection.interrupt();
  };
  signal.throwIfAborted();
  signal.addEventListener("abort", interrupt);
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", interrupt);
  }
}

function connectionOf({ driver }: DataSource): sqlite3.Database {
  return (driver as unknown as { readonly databaseConnection: sqlite3.Database }).databaseConnection;
}

/** What the driver has, and its types do not name: SQLite's online backup. */
interface BackupSource {
  backup(path: string, callback: (error: Error | null) => void): Backup;
}

interface Backup {
  readonly remaining: number;
  readonly pageCount: number;
  step(pages: number, callback: (error: Error | null, isLast: boolean) => void): void;
  finish(callback: () => void): void;
}
