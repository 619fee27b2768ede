import { setTimeout } from "node:timers/promises";
import type { DataSource } from "typeorm";
import { DatabaseError } from "../database-error.js";

/** How often to check whether the readers of a file are done. */
const retryEveryMs = 25;

const onEverySystem: readonly (readonly [name: string, value: number])[] = [
  ["synchronous", 2],
  ["foreign_keys", 1],
  ["secure_delete", 1],
];

// macOS's fsync leaves data in the drive's cache.
const onMacOs: typeof onEverySystem = [
  ["fullfsync", 1],
  ["checkpoint_fullfsync", 1],
];

/**
 * Gives a connection that writes its write-ahead log, and makes every commit reach the disk.
 *
 * @throws DatabaseError if that is not possible.
 */
export async function makeDurable(writer: DataSource, path: string): Promise<void> {
  const ask = async (pragma: string) => {
    const rows = await writer.query<Record<string, unknown>[]>(`pragma ${pragma}`);
    return Object.values(rows[0] ?? {})[0];
  };
  if ((await ask("journal_mode = wal")) !== "wal") {
    throw new DatabaseError(
      "no_wal",
      `${path} cannot have a write-ahead log there; choose a folder on a local disk with --db.`,
    );
  }
  const settings = process.platform === "darwin" ? [...onEverySystem, ...onMacOs] : onEverySystem;
  for (const [name, value] of settings) {
    await ask(`${name} = ${value}`);
    if ((await ask(name)) !== value) {
      throw new DatabaseError("unsafe_settings", `SQLite refuses ${name} = ${value} for ${path}.`);
    }
  }
}

/**
 * Copies the write-ahead log into the file and empties it.
 *
 * @throws DatabaseError `unavailable` if another program keeps it in use for longer than `withinMs`.
 */
export async function checkpoint(writer: DataSource, path: string, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const [row] = await writer.query<{ busy: number }[]>("pragma wal_checkpoint(truncate)");
    if (row?.busy === 0) return;
    if (performance.now() > until)
      throw new DatabaseError("unavailable", `${path} is in use and cannot be checkpointed.`);
    await setTimeout(retryEveryMs);
  }
}
