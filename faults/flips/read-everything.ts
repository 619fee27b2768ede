import { createHash } from "node:crypto";
import { readSeveral } from "../../harness/sqlite-rows.js";

/** The digest of the rows of each table and view, by name; `sqlite_schema` holds the statements that made them. */
export type Contents = ReadonlyMap<string, string>;

/** SQLite's own counter of ids: a change can only leave ids out. */
const counter = "sqlite_sequence";

/**
 * Reads every row of every table and view of a SQLite file over a connection of its own, as any program would.
 *
 * @param names the tables and views to read; all that the file has by default.
 * @throws what SQLite says of a file that cannot be read to its end.
 */
export function readEverything(path: string, names?: Iterable<string>): Promise<Contents> {
  return readSeveral(path, async (read) => {
    const listed = names ?? ["sqlite_schema", ...(await listNames(read))];
    const contents = new Map<string, string>();
    for (const name of listed) {
      const digest = createHash("sha256");
      for (const row of await read(`select * from ${name}`)) {
        for (const value of Object.values(row))
          if (value instanceof Uint8Array) digest.update(`bytes ${value.length} `).update(value);
          else digest.update(`${typeof value} ${String(value)}\0`);
      }
      contents.set(name, digest.digest("hex"));
    }
    return contents;
  });
}

/** The tables and views whose rows differ; `unreadable` if the file cannot be read to its end. */
export async function listChanges(path: string, before: Contents): Promise<readonly string[]> {
  try {
    const after = await readEverything(path, before.keys());
    return [...before.keys()].filter((name) => after.get(name) !== before.get(name));
  } catch {
    return ["unreadable"];
  }
}

async function listNames(read: (sql: string) => Promise<Record<string, unknown>[]>): Promise<string[]> {
  const rows = await read("select name from sqlite_schema where type in ('table', 'view')");
  return rows.map((row) => String(row["name"])).filter((name) => name !== counter);
}
