import { stat, truncate } from "node:fs/promises";
import type { Database } from "sqlite3";
import { ClientError } from "../client/index.js";
import { type Place, findPlace, isSamePlace } from "./place.js";

/**
 * Locks an outbox for this process, across PID namespaces, until the process ends however it ends: SQLite's exclusive lock on an empty
 * file. The file stays when the lock is released, because two processes could each lock a file that one of them deletes.
 */
export class FileLock {
  private constructor(
    readonly path: string,
    readonly database: Database,
    readonly place: Place | undefined,
  ) {}

  /**
   * @param path the path of the lock file itself.
   * @throws ClientError `outbox_in_use`; errors of the system and of SQLite if the file cannot be locked.
   */
  static async take(path: string): Promise<FileLock> {
    await empty(path);
    const database = await openDatabase(path);
    try {
      await execute(database, "PRAGMA journal_mode = OFF; BEGIN EXCLUSIVE");
      return new FileLock(path, database, await findPlace(path));
    } catch (error) {
      await close(database);
      if (!isCode(error, "SQLITE_BUSY")) throw error;
      throw new ClientError(
        "outbox_in_use",
        `Another program has this outbox open; end it, or give each program its own outbox (${path}).`,
      );
    }
  }

  /** Whether the path still names the locked file. If it does not, another program can lock the outbox. */
  async isInPlace(): Promise<boolean> {
    return isSamePlace(this.place, await findPlace(this.path));
  }

  /** May be called again. */
  async release(): Promise<void> {
    await close(this.database);
  }
}

/** Empties a file that names a process, the lock of version 0.1. A locked file is empty: opening it here would release the lock. */
async function empty(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && found.size > 0) await truncate(path);
}

async function openDatabase(path: string): Promise<Database> {
  // Loaded here: a program with another outbox does without it.
  const { default: sqlite3 } = await import("sqlite3");
  return new Promise((resolve, reject) => {
    const database = new sqlite3.Database(path, (error) => {
      if (error !== null) {
        reject(error);
        return;
      }
      database.configure("busyTimeout", 0);
      resolve(database);
    });
  });
}

function execute(database: Database, sql: string): Promise<void> {
  return new Promise((resolve, reject) => {
    database.exec(sql, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

function close(database: Database): Promise<void> {
  return new Promise((resolve) => {
    // The only failure is that it is closed already.
    database.close(() => {
      resolve();
    });
  });
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
