import { readSeveral } from "../sqlite-rows.js";

/** The contents of a SQLite file, and whether it is whole. */
export interface SqliteContents {
  /** What integrity_check and foreign_key_check find; empty for a whole file. */
  readonly faults: readonly unknown[];
  /** The schema and all rows, as text. */
  readonly text: string;
}

/** Reads all of a SQLite file, as another program would. */
export async function readContents(path: string): Promise<SqliteContents> {
  return readSeveral(path, async (read) => {
    const checks = [...(await read("pragma integrity_check")), ...(await read("pragma foreign_key_check"))];
    const made = await read("select type, name, sql from sqlite_master order by type, name");
    const rows: unknown[] = [];
    for (const { type, name } of made)
      if (type === "table") rows.push(await read(`select * from "${name as string}" order by rowid`));
    return {
      faults: checks.filter(({ integrity_check: check }) => check !== "ok"),
      text: JSON.stringify([made, rows]),
    };
  });
}
