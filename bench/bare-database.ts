/** Anything that every driver binds. */
export type Parameter = string | number | boolean | Buffer | null;

/** A statement that was prepared once; runs it. */
export type BareStatement = (parameters?: readonly Parameter[]) => Promise<void>;

/** A driver and nothing around it. */
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
