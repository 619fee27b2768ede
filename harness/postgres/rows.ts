import pg from "pg";
import type { Row } from "../row.js";

const asNumber = (text: string) => Number(text);
const asBit = (text: string) => (text === "t" ? 1 : 0);

/** Reads values as SQLite returns them: a boolean as 0 or 1, a count as a number. */
const parsers = new Map<number, (text: string) => number>([
  [pg.types.builtins.BOOL, asBit],
  [pg.types.builtins.INT8, asNumber],
  [pg.types.builtins.NUMERIC, asNumber],
]);
const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    parsers.get(id) ?? (pg.types.getTypeParser(id, format) as (text: string) => unknown),
};

/** Reads a PostgreSQL database; see {@link Row}. */
export async function readRows(url: string, sql: string, parameters: unknown[]): Promise<Row[]> {
  let count = 0;
  const numbered = sql.replaceAll("?", () => `$${(count += 1)}`);
  return withClient(url, async (client) => (await client.query<Row>(numbered, parameters)).rows);
}

/** Runs statements on a PostgreSQL database. */
export async function execute(url: string, sql: string): Promise<void> {
  await withClient(url, (client) => client.query(sql));
}

/** Locks sessions and rejections against other writers until the returned function is called. */
export async function lockWriters(url: string): Promise<() => Promise<void>> {
  const client = await connect(url);
  await client.query("begin");
  await client.query("lock table master, rejected_data in share row exclusive mode");
  return async () => {
    await client.query("rollback");
    await client.end();
  };
}

/** Opens a connection to a PostgreSQL database; the caller ends it. */
export async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, types, application_name: "test" });
  await client.connect();
  return client;
}

async function withClient<Result>(
  url: string,
  work: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = await connect(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
