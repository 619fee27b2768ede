import type { QueryRunner } from "typeorm";

/** Column types that differ between SQLite and PostgreSQL. */
export interface ColumnTypes {
  /** The primary key, a number that the engine assigns. */
  readonly identity: string;
  readonly bytes: string;
  /** The type of times in AEPsych's SQLite files. */
  readonly datetime: string;
}

export function columnTypes(queryRunner: QueryRunner): ColumnTypes {
  return queryRunner.connection.options.type === "postgres"
    ? { identity: "SERIAL PRIMARY KEY", bytes: "BYTEA", datetime: "TEXT" }
    : { identity: "INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL", bytes: "BLOB", datetime: "DATETIME" };
}

export function isSqlite(queryRunner: QueryRunner): boolean {
  return queryRunner.connection.options.type !== "postgres";
}

/** Runs statements one after the other. */
export async function run(queryRunner: QueryRunner, ...statements: string[]): Promise<void> {
  for (const statement of statements) await queryRunner.query(statement);
}

/** Whether every one of these tables has these columns. */
export async function hasColumns(
  queryRunner: QueryRunner,
  columns: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  for (const [table, names] of Object.entries(columns)) {
    if (!(await queryRunner.hasTable(table))) return false;
    for (const name of names) {
      if (!(await queryRunner.hasColumn(table, name))) return false;
    }
  }
  return true;
}

/** Adds a column unless the table has it: AEPsych itself adds missing columns, so its files are mixtures of generations. */
export async function addMissingColumn(
  queryRunner: QueryRunner,
  table: string,
  column: string,
  type: string,
): Promise<void> {
  if (await queryRunner.hasColumn(table, column)) return;
  await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
}
