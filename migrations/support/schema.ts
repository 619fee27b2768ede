import type { QueryRunner } from "typeorm";

/** The types of columns where the engines differ; nothing else in the migrations depends on the engine. */
export interface ColumnTypes {
  /** A number that the engine gives each row, and its primary key. */
  readonly identity: string;
  readonly bytes: string;
  /** What AEPsych's SQLite files call a time. */
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
