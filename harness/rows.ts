import { isPostgres } from "./engines.js";
import * as postgres from "./postgres/rows.js";
import type { Row } from "./row.js";
import * as sqlite from "./sqlite-rows.js";

export type { Row } from "./row.js";

/**
 * Reads a database over its own connection, as another program would.
 *
 * @param location the path of a SQLite file, or the address of a PostgreSQL database.
 * @param sql with `?` for each parameter.
 */
export function readRows(location: string, sql: string, parameters: unknown[] = []): Promise<Row[]> {
  return (isPostgres(location) ? postgres : sqlite).readRows(location, sql, parameters);
}

/** Runs statements on a database over its own connection. */
export function execute(location: string, sql: string): Promise<void> {
  return (isPostgres(location) ? postgres : sqlite).execute(location, sql);
}

/** Locks a database against other writers, but not readers, until the returned function is called. */
export function lockWriters(location: string): Promise<() => Promise<void>> {
  return (isPostgres(location) ? postgres : sqlite).lockWriters(location);
}

/** Makes a table refuse rows for which `condition` (on `new`) holds, until the returned function is called. */
export async function refuseRows(
  location: string,
  table: string,
  condition: string,
): Promise<() => Promise<void>> {
  const [make, undo] = isPostgres(location)
    ? [
        `create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
         create trigger refuse before insert on ${table} for each row when (${condition}) execute function refuse()`,
        `drop trigger refuse on ${table}; drop function refuse`,
      ]
    : [
        `create trigger refuse before insert on ${table} when ${condition} begin select raise(abort, 'refused'); end`,
        "drop trigger refuse",
      ];
  await execute(location, make);
  return () => execute(location, undo);
}
