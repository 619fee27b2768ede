import type { EntityManager } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import { type ReadOnlyStore, query } from "../../database/index.js";
import { compareFileSchema, compareServerSchema } from "./compare-schema.js";
import { Findings } from "./finding.js";
import { findWrongTypes } from "./verify-types.js";

/** Each column that refers to a row of another table, with that table. */
const references = [
  ["replay_data", "master_table_id", "master"],
  ["strat_data", "master_table_id", "master"],
  ["strat_data", "replay_table_id", "replay_data"],
  ["config_data", "master_table_id", "master"],
  ["raw_data", "master_table_id", "master"],
  ["raw_data", "replay_table_id", "replay_data"],
  ["param_data", "iteration_id", "raw_data"],
  ["outcome_data", "iteration_id", "raw_data"],
  ["rejected_data", "master_table_id", "master"],
] as const;

const sessionIdForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Checks the file or the server's indexes, the text of the schema, the references between rows, the records of deleted sessions, and that of migrations. */
export async function verifyStructure(database: ReadOnlyStore): Promise<Findings> {
  const findings = new Findings(null);
  const isFile = database.engine.file !== undefined;
  const logDamage = await database.engine.file?.describeLogDamage();
  if (logDamage !== undefined) findings.add(logDamage, "restore");
  await database.readScope(async (manager) => {
    await (isFile ? checkFile(manager, findings) : checkIndexes(manager, findings));
    await (isFile ? compareFileSchema(manager, findings) : compareServerSchema(manager, findings));
    await checkReferences(manager, findings);
    await checkDeletions(manager, findings);
    await checkMigrations(manager, findings);
  });
  return findings;
}

/** SQLite's own check of every page, row and index, and the types of the values. */
async function checkFile(manager: EntityManager, findings: Findings): Promise<void> {
  const rows = await query<{ integrity_check: string }>(manager, "pragma integrity_check");
  for (const { integrity_check: text } of rows)
    if (text !== "ok")
      findings.add(`The file is damaged: ${text.replaceAll(/\s+/g, " ").trim()}.`, "restore");
  await findWrongTypes(manager, findings);
}

/** PostgreSQL's check of every index against its table, where the extension amcheck is installed and may be used. */
async function checkIndexes(manager: EntityManager, findings: Findings): Promise<void> {
  const indexes = await query<{ name: string; oid: string }>(
    manager,
    `select index.relname as name, index.oid::text as oid from pg_index
     join pg_class as index on index.oid = indexrelid join pg_class as of_table on of_table.oid = indrelid
     join pg_am on pg_am.oid = index.relam
     where amname = 'btree' and of_table.relnamespace = current_schema()::regnamespace and indisvalid
       and exists (select 1 from pg_proc where proname = 'bt_index_check' and has_function_privilege(pg_proc.oid, 'execute'))
     order by name`,
  );
  for (const { name, oid } of indexes) {
    try {
      await query(manager, `select bt_index_check(${oid}::oid::regclass, true)`);
    } catch (error) {
      findings.add(`The index ${name} is damaged: ${(error as Error).message}.`, "restore");
    }
  }
}

async function checkReferences(manager: EntityManager, findings: Findings): Promise<void> {
  for (const [table, column, parent] of references) {
    const [row] = await query<{ n: number | string; first: number | null }>(
      manager,
      `select count(*) as n, min(${table}.unique_id) as first from ${table}
       left join ${parent} on ${parent}.unique_id = ${table}.${column}
       where ${table}.${column} is not null and ${parent}.unique_id is null`,
    );
    if (row === undefined || row.first === null) continue;
    findings.add(
      `${Number(row.n)} of the rows of ${table}, the first with unique_id ${row.first}, refer to rows of ${parent} that are missing.`,
      "restore",
    );
  }
}

/** Checks that each record of a deleted session is one that telltale wrote, and that the session has not come back. */
async function checkDeletions(manager: EntityManager, findings: Findings): Promise<void> {
  const records = await query<{ session_id: string; timestamp: string; master_id: number | null }>(
    manager,
    `select deleted_session.session_id, timestamp, master.unique_id as master_id from deleted_session
     left join master on master.session_id = deleted_session.session_id order by deleted_session.unique_id`,
  );
  for (const { session_id: id, timestamp, master_id: masterId } of records) {
    if (!sessionIdForm.test(id) || Number.isNaN(Date.parse(timestamp)))
      findings.add(`The record of the deleted session ${JSON.stringify(id)} was changed.`, "restore");
    if (masterId !== null)
      findings.add(`The session ${id} is recorded as deleted, and the database has it.`, "restore");
  }
}

async function checkMigrations(manager: EntityManager, findings: Findings): Promise<void> {
  const applied = await query<{ name: string; timestamp: number | string }>(
    manager,
    "select name, timestamp from migrations order by id",
  );
  for (const { name } of migrations) {
    const record = applied.find((one) => one.name === name);
    if (record === undefined || Number(record.timestamp) !== Number(name.slice(-13)))
      findings.add(`The table migrations does not record ${name} as telltale wrote it.`, "restore");
  }
}
