import { rmSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { DataSource } from "typeorm";
import { DatabaseError } from "./database-error.js";
import { engineAt } from "./engine-at.js";
import type { Read } from "./read-pages.js";
import { query } from "./rows.js";
import { SqliteEngine } from "./sqlite.js";
import { type UpgradePlan, type UpgradeReport, planUpgrade, upgradeCopy } from "./upgrade.js";

/** A file whose sessions are imported. It is only read: where its schema is an older one, from a copy that is upgraded. */
export class ImportSource {
  private constructor(
    readonly path: string,
    readonly upgrade: UpgradeReport | undefined,
    readonly engine: SqliteEngine,
    readonly reader: DataSource,
    readonly removeCopy: () => Promise<void>,
  ) {}

  /**
   * Opens a file; a copy of it lies in the system's folder for temporary files until close().
   *
   * @param target the path of the database that it is imported into; undefined where that is no file.
   * @throws DatabaseError as {@link checkImport} does, and when the copy cannot be made or upgraded.
   */
  static async open(
    location: string,
    target: string | undefined,
    onProgress: (text: string) => void,
  ): Promise<ImportSource> {
    const { engine, stairs, sessionsDue } = await checkImport(location, target);
    const isCurrent = stairs.length === 0 && sessionsDue === 0;
    if (isCurrent) {
      return new ImportSource(engine.path, undefined, engine, await engine.openReader(), () =>
        Promise.resolve(),
      );
    }
    const { folder, remove } = await makeFolder();
    try {
      const copy = engine.at(join(folder, basename(engine.path)));
      onProgress("making a copy to upgrade");
      await copyInto(engine, copy.path);
      const upgrade = await upgradeCopy(copy, onProgress).catch((error: unknown) => {
        throw uncopyable(engine, error);
      });
      return new ImportSource(engine.path, upgrade, copy, await copy.openReader(), remove);
    } catch (error) {
      await remove();
      throw error;
    }
  }

  /** Reads. @throws DatabaseError when the file cannot be read. */
  readonly read: Read = async (sql, parameters) => {
    try {
      return await query(this.reader.manager, sql, parameters);
    } catch (error) {
      throw await this.engine.explain(error);
    }
  };

  /** Runs `work`, which sees the file as it is now, whatever another program writes to it meanwhile. */
  async snapshot<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.read("begin deferred transaction");
    try {
      return await work();
    } finally {
      await this.read("rollback");
    }
  }

  async close(): Promise<void> {
    await this.reader.destroy();
    await this.removeCopy();
  }
}

/**
 * Whether a file can be imported; changes nothing.
 *
 * @param target the path of the database that it is imported into; undefined where that is no file.
 * @throws DatabaseError that says what it is instead.
 */
export async function checkImport(
  location: string,
  target: string | undefined,
): Promise<UpgradePlan & { readonly engine: SqliteEngine }> {
  const engine = engineAt(location, 5000);
  if (!(engine instanceof SqliteEngine))
    throw new DatabaseError("bad_address", "Only SQLite files are imported; name a file.");
  const [entry, targetEntry] = await Promise.all([statOf(engine.path), statOf(target)]);
  if (entry === undefined) throw new DatabaseError("no_database", `There is no file ${engine.path}.`);
  if (targetEntry !== undefined && entry.ino === targetEntry.ino && entry.dev === targetEntry.dev) {
    throw new DatabaseError(
      "bad_argument",
      `${engine.path} is the database itself; name another file, or another database with --db.`,
    );
  }
  return { engine, ...(await planUpgrade(engine)) };
}

async function statOf(path: string | undefined) {
  if (path === undefined) return undefined;
  // Windows' numbers of files are larger than a double holds.
  return stat(path, { bigint: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new DatabaseError("cannot_open", `${path} cannot be opened; check the file and its rights.`, {
      cause: error,
    });
  });
}

/** A folder of our own, which also goes when the process is told to exit. */
async function makeFolder() {
  const folder = await mkdtemp(join(tmpdir(), "telltale-import-"));
  const removeAtExit = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", removeAtExit);
  const remove = async () => {
    await rm(folder, { recursive: true, force: true });
    process.off("exit", removeAtExit);
  };
  return { folder, remove };
}

/** Copies a file, its write-ahead log included. */
async function copyInto(engine: SqliteEngine, path: string): Promise<void> {
  const reader = await engine.openReader();
  try {
    await reader.query("vacuum into ?", [path]);
  } catch (error) {
    throw uncopyable(engine, error);
  } finally {
    await reader.destroy();
  }
}

function uncopyable(engine: SqliteEngine, error: unknown): DatabaseError {
  const why = error instanceof Error ? error.message : String(error);
  return new DatabaseError(
    "cannot_open",
    `${engine.path} cannot be upgraded in a copy, in ${tmpdir()}: ${why.replace(/\.$/, "")}. Nothing of it was imported.`,
    { cause: error },
  );
}
