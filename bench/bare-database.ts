/** A value that every driver can bind. */
export type Parameter = string | number | boolean | Buffer | null;

/** Runs a prepared statement. */
export type BareStatement = (parameters?: readonly Parameter[]) => Promise<void>;

/** A bare database driver. */
export interface BareDatabase {
  /** @param sql with `?` for each parameter. */
  prepare(sql: string): BareStatement;
  close(): Promise<void>;
}

/** A statement that inserts several rows at once. */
export function prepareInsert(
  database: BareDatabase,
  table: string,
  columns: readonly string[],
  rows: number,
): BareStatement {
  const row = `(${columns.map(() => "?").join(", ")})`;
  const values = Array.from({ length: rows }, () => row).join(", ");
  return database.prepare(`insert into ${table} (${columns.join(", ")}) values ${values}`);
}
