import type { QueryRunner } from "typeorm";
import type { Migration } from "./migration.js";
import { RowCopy, completeMasters } from "./support/copy-rows.js";
import { oldColumns } from "./support/old-columns.js";
import { columnTypes, hasColumns, isSqlite, run } from "./support/schema.js";
import { dropOld, keepForeignColumns, setAside } from "./support/old-tables.js";

/** AEPsych's tables, each before the tables that it refers to. */
const tables = [
  "outcome_data",
  "param_data",
  "raw_data",
  "config_data",
  "strat_data",
  "replay_data",
  "master",
];

/**
 * Generation 4: adds telltale's columns, indexes every reference, and drops length limits and the UNIQUE of old files.
 *
 * Keeps every row. Recodes pickles to frames and JSON; keeps and marks those that cannot be read. Puts rows without a session
 * into one of their own. Marks sessions with tells, so that their trials are derived later.
 */
export class BecomeTelltale1764547200000 implements Migration {
  readonly touches = [
    "master",
    "replay_data",
    "strat_data",
    "config_data",
    "raw_data",
    "param_data",
    "outcome_data",
  ];

  async up(queryRunner: QueryRunner): Promise<void> {
    await setAside(queryRunner, tables);
    await createTables(queryRunner);
    const rows = new RowCopy(queryRunner);
    await rows.copyAll();
    await createIndexes(queryRunner);
    await completeMasters(queryRunner);
    await rows.check();
    for (const [table, columns] of Object.entries(oldColumns)) {
      await keepForeignColumns(queryRunner, table, new Set(["unique_id", ...Object.keys(columns)]));
    }
    await dropOld(queryRunner, tables);
    await raiseSequences(queryRunner);
    await checkReferences(queryRunner);
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, { master: ["session_id"] });
  }

  down(): Promise<void> {
    return Promise.reject(
      new Error("This migration cannot be reverted; restore the backup that was made before it."),
    );
  }
}

async function createTables(queryRunner: QueryRunner): Promise<void> {
  const { identity, bytes } = columnTypes(queryRunner);
  const reference = (column: string, table: string, name: string) =>
    `CONSTRAINT "${name}" FOREIGN KEY ("${column}") REFERENCES "${table}" ("unique_id")`;
  await run(
    queryRunner,
    `CREATE TABLE "master" (
      "unique_id" ${identity},
      "experiment_name" text,
      "experiment_description" text,
      "experiment_id" text,
      "participant_id" text,
      "extra_metadata" text,
      "session_id" text NOT NULL,
      "last_seq" integer NOT NULL,
      "source" text,
      "rebuild_due" boolean
    )`,
    `CREATE TABLE "replay_data" (
      "unique_id" ${identity},
      "timestamp" text,
      "message_type" text,
      "message_contents" ${bytes},
      "extra_info" text,
      "master_table_id" integer NOT NULL,
      "seq" integer NOT NULL,
      "message_id" text NOT NULL,
      "sent_at" double precision,
      "derivation_error" text,
      ${reference("master_table_id", "master", "replay_data_master")}
    )`,
    `CREATE TABLE "strat_data" (
      "unique_id" ${identity},
      "timestamp" text,
      "strat" ${bytes},
      "coding" text,
      "master_table_id" integer NOT NULL,
      "replay_table_id" integer,
      ${reference("master_table_id", "master", "strat_data_master")},
      ${reference("replay_table_id", "replay_data", "strat_data_replay")}
    )`,
    `CREATE TABLE "config_data" (
      "unique_id" ${identity},
      "timestamp" text,
      "config" text,
      "master_table_id" integer NOT NULL,
      ${reference("master_table_id", "master", "config_data_master")}
    )`,
    `CREATE TABLE "raw_data" (
      "unique_id" ${identity},
      "timestamp" text,
      "model_data" boolean,
      "extra_data" text,
      "master_table_id" integer NOT NULL,
      "replay_table_id" integer,
      ${reference("master_table_id", "master", "raw_data_master")},
      ${reference("replay_table_id", "replay_data", "raw_data_replay")}
    )`,
    `CREATE TABLE "param_data" (
      "unique_id" ${identity},
      "param_name" text,
      "param_value" text,
      "iteration_id" integer NOT NULL,
      ${reference("iteration_id", "raw_data", "param_data_raw")}
    )`,
    `CREATE TABLE "outcome_data" (
      "unique_id" ${identity},
      "outcome_name" text,
      "outcome_value" double precision,
      "outcome_text" text,
      "iteration_id" integer NOT NULL,
      ${reference("iteration_id", "raw_data", "outcome_data_raw")}
    )`,
    `CREATE TABLE "rejected_data" (
      "unique_id" ${identity},
      "timestamp" text NOT NULL,
      "code" text NOT NULL,
      "reason" text NOT NULL,
      "peer" text,
      "contents" ${bytes},
      "length" integer,
      "master_table_id" integer,
      ${reference("master_table_id", "master", "rejected_data_master")}
    )`,
  );
}

async function createIndexes(queryRunner: QueryRunner): Promise<void> {
  await run(
    queryRunner,
    `CREATE UNIQUE INDEX "master_session_id" ON "master" ("session_id")`,
    `CREATE UNIQUE INDEX "replay_data_seq" ON "replay_data" ("master_table_id", "seq")`,
    `CREATE UNIQUE INDEX "replay_data_message_id" ON "replay_data" ("master_table_id", "message_id")`,
    `CREATE INDEX "strat_data_master_table_id" ON "strat_data" ("master_table_id")`,
    `CREATE INDEX "strat_data_replay_table_id" ON "strat_data" ("replay_table_id")`,
    `CREATE INDEX "config_data_master_table_id" ON "config_data" ("master_table_id")`,
    `CREATE INDEX "raw_data_master_table_id" ON "raw_data" ("master_table_id")`,
    `CREATE INDEX "raw_data_replay_table_id" ON "raw_data" ("replay_table_id")`,
    `CREATE INDEX "param_data_iteration_id" ON "param_data" ("iteration_id")`,
    `CREATE INDEX "outcome_data_iteration_id" ON "outcome_data" ("iteration_id")`,
    `CREATE INDEX "rejected_data_master_table_id" ON "rejected_data" ("master_table_id")`,
  );
}

/** Sets PostgreSQL's sequences, which ignore the ids of copied rows; SQLite's do not. */
async function raiseSequences(queryRunner: QueryRunner): Promise<void> {
  if (isSqlite(queryRunner)) return;
  for (const table of tables) {
    await run(
      queryRunner,
      `SELECT setval(pg_get_serial_sequence('${table}', 'unique_id'), max(unique_id)) FROM ${table}
       HAVING max(unique_id) IS NOT NULL`,
    );
  }
}

/** Checks the references on SQLite, which does not while tables are rebuilt; PostgreSQL does. */
async function checkReferences(queryRunner: QueryRunner): Promise<void> {
  if (!isSqlite(queryRunner)) return;
  for (const table of tables) {
    const broken = (await queryRunner.query(`PRAGMA foreign_key_check("${table}")`)) as unknown[];
    if (broken.length > 0)
      throw new Error(`${table} refers to ${broken.length} rows that are missing; nothing was changed.`);
  }
}
