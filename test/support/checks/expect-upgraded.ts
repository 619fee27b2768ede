import { expect } from "chai";
import { codingOf, decodeFrame, formatJson, parseTaggedJson } from "../../../src/protocol/index.js";
import type { PythonRow } from "../files/legacy.js";
import { type Row, readRows } from "../../../harness/rows.js";

/**
 * Expects that an upgraded file has everything that Python reads from AEPsych's file.
 *
 * @param before the file as AEPsych left it.
 */
export async function expectUpgraded(
  before: string,
  after: string,
  read: readonly PythonRow[],
): Promise<void> {
  await expectMessages(before, after, read);
  await expectStrats(before, after, read);
  await expectConfigs(after, read);
  await expectPlainColumns(before, after);
  await expectOrder(after);
  expect(await readRows(after, "pragma foreign_key_check")).to.deep.equal([]);
  expect(await readRows(after, "pragma integrity_check")).to.deep.equal([{ integrity_check: "ok" }]);
}

async function expectMessages(before: string, after: string, read: readonly PythonRow[]): Promise<void> {
  const old = await rowsById(before, "replay_data");
  const rows = await rowsById(after, "replay_data");
  const messages = read.filter(({ table }) => table === "replay_data");
  expect(rows.size).to.equal(messages.filter(({ column }) => column === "message_contents").length);
  for (const { column, id, value, isRefused } of messages) {
    const row = rows.get(id) ?? {};
    if (column === "extra_info") {
      const text = row["extra_info"] as string | null;
      if (value === undefined) expect(text).to.equal(null);
      else expect(parseTaggedJson(text ?? "null")).to.deep.equal(value);
      continue;
    }
    const contents = row["message_contents"] as Buffer | null;
    if (isRefused) {
      expect(contents).to.deep.equal(old.get(id)?.["message_contents"]);
      expect(row["derivation_error"]).to.match(
        /^The message is kept as the pickle that AEPsych wrote: it .*\.$/,
      );
    } else {
      expect(row["derivation_error"]).to.equal(null);
      if (value === undefined || contents === null) expect(contents).to.equal(value ?? null);
      // As text, so that the order of keys counts.
      else expect(formatJson(decodeFrame(contents, codingOf(contents)))).to.equal(formatJson(value));
    }
  }
}

async function expectStrats(before: string, after: string, read: readonly PythonRow[]): Promise<void> {
  const old = await rowsById(before, "strat_data");
  const rows = await rowsById(after, "strat_data");
  for (const { table, id, value, isRefused } of read) {
    if (table !== "strat_data") continue;
    const { strat, coding } = rows.get(id) as { strat: Buffer | null; coding: string | null };
    if (isRefused) {
      expect(coding).to.equal("pickle");
      expect(strat).to.deep.equal(old.get(id)?.["strat"]);
    } else if (value === undefined) {
      expect([strat, coding]).to.deep.equal([null, null]);
    } else if (value instanceof Uint8Array) {
      expect(coding).to.equal("bytes");
      expect(strat?.equals(value)).to.equal(true);
    } else {
      expect(coding).to.equal(codingOf(strat ?? Buffer.alloc(0)));
      expect(decodeFrame(strat ?? Buffer.alloc(0), codingOf(strat ?? Buffer.alloc(0)))).to.deep.equal(value);
    }
  }
}

async function expectConfigs(after: string, read: readonly PythonRow[]): Promise<void> {
  const rows = await rowsById(after, "config_data");
  for (const { table, id, value } of read) {
    if (table === "config_data")
      expect(parseTaggedJson(rows.get(id)?.["config"] as string)).to.deep.equal(value);
  }
}

/** Ids, times, types, names, and trials are what they were. */
async function expectPlainColumns(before: string, after: string): Promise<void> {
  const columns: Record<string, string> = {
    master: "experiment_name, experiment_description, experiment_id",
    replay_data: "timestamp, message_type",
    strat_data: "timestamp",
    config_data: "timestamp",
    raw_data: "timestamp, model_data, master_table_id",
    param_data: "param_name, param_value, iteration_id",
    outcome_data: "outcome_name, outcome_value, iteration_id",
  };
  const tables = await readRows(before, "select name from sqlite_master where type = 'table'");
  for (const { name } of tables) {
    const sql = `select unique_id, ${columns[name as string] ?? ""} from ${name as string}`;
    const old = await readRows(before, `${sql} order by unique_id`);
    const ids = old.map((row) => row["unique_id"] as number);
    // Only the session of rows under none, which is the last, may have come to it.
    expect(
      await readRows(after, `${sql} where unique_id <= ? order by unique_id`, [Math.max(0, ...ids)]),
      name as string,
    ).to.deep.equal(old);
  }
}

/** Every session counts its messages from 1, and knows the last. */
async function expectOrder(after: string): Promise<void> {
  const messages = await readRows(after, "select * from replay_data order by unique_id");
  const masters = await readRows(after, "select * from master order by unique_id");
  for (const master of masters) {
    const own = messages.filter((row) => row["master_table_id"] === master["unique_id"]);
    expect(own.map((row) => row["seq"])).to.deep.equal(own.map((_, index) => index + 1));
    expect(own.map((row) => row["message_id"])).to.deep.equal(own.map((_, index) => `aepsych-${index + 1}`));
    expect(master["last_seq"]).to.equal(own.length);
    expect(master["source"]).to.equal("AEPsych");
    expect(master["rebuild_due"]).to.equal(own.some((row) => row["message_type"] === "tell") ? 1 : null);
    expect(master["session_id"]).to.match(
      /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  }
}

async function rowsById(path: string, table: string): Promise<Map<number, Row>> {
  const rows = await readRows(path, `select * from ${table}`);
  return new Map(rows.map((row) => [row["unique_id"] as number, row]));
}
