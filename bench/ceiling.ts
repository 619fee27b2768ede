import { randomUUID } from "node:crypto";
import sqlite3 from "sqlite3";
import { Database } from "../src/index.js";
import { encode, makeTell } from "./workload.js";

/** The bare driver, with every statement prepared once. */
class BareDriver {
  private constructor(readonly database: sqlite3.Database) {}

  static async open(path: string): Promise<BareDriver> {
    // The schema is telltale's own: the same tables, indexes and foreign keys.
    await (await Database.open(path)).close();
    const database = await new Promise<sqlite3.Database>((resolve, reject) => {
      const opened: sqlite3.Database = new sqlite3.Database(path, (error) => {
        if (error === null) resolve(opened);
        else reject(error);
      });
    });
    const driver = new BareDriver(database);
    await new Promise((resolve) =>
      database.exec(
        "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on",
        resolve,
      ),
    );
    return driver;
  }

  prepare(sql: string): sqlite3.Statement {
    return this.database.prepare(sql);
  }

  run(statement: sqlite3.Statement, parameters: unknown[] = []): Promise<void> {
    return new Promise((resolve, reject) =>
      statement.run(parameters, (error: Error | null) => {
        if (error === null) resolve();
        else reject(error);
      }),
    );
  }

  async close(statements: readonly sqlite3.Statement[]): Promise<void> {
    for (const statement of statements)
      await new Promise<void>((resolve) =>
        statement.finalize(() => {
          resolve();
        }),
      );
    await new Promise<void>((resolve, reject) => {
      this.database.close((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}

/** What the bare driver reaches: the rows of the same tells, written and synced as telltale does, and nothing else done. */
export interface Ceiling {
  readonly tellsPerSecond: number;
  readonly p50Ms: number;
}

/** Writes tells for some seconds, `batch` of them a transaction. */
export async function measureCeiling(path: string, batch: number, seconds: number): Promise<Ceiling> {
  const driver = await BareDriver.open(path);
  const values = (columns: number, rows: number) =>
    Array.from({ length: rows }, () => `(${Array.from({ length: columns }, () => "?").join(", ")})`).join(
      ", ",
    );
  const statements = [
    driver.prepare("begin"),
    driver.prepare("update master set last_seq = last_seq + ? where unique_id = 1"),
    driver.prepare(
      `insert into replay_data (unique_id, timestamp, message_type, message_contents, extra_info, master_table_id, seq, message_id, sent_at, derivation_error) values ${values(10, batch)}`,
    ),
    driver.prepare(
      `insert into raw_data (unique_id, timestamp, model_data, extra_data, master_table_id, replay_table_id) values ${values(6, batch)}`,
    ),
    driver.prepare(
      `insert into param_data (param_name, param_value, iteration_id) values ${values(3, 2 * batch)}`,
    ),
    driver.prepare(
      `insert into outcome_data (outcome_name, outcome_value, outcome_text, iteration_id) values ${values(4, batch)}`,
    ),
    driver.prepare("commit"),
  ] as const;
  const begin = driver.prepare("insert into master (session_id, last_seq) values (?, 0)");
  const session = randomUUID();
  await driver.run(begin, [session]);
  const latencies: number[] = [];
  let trial = 0;
  const start = performance.now();
  while (performance.now() - start < seconds * 1000) {
    const began = performance.now();
    const trials = Array.from({ length: batch }, () => (trial += 1));
    const time = new Date().toISOString();
    const extra = (one: number) => JSON.stringify(makeTell(session, one).extra_info);
    const parameters = [
      [],
      [batch],
      trials.flatMap((one) => {
        const tell = makeTell(session, one);
        return [
          one,
          time,
          "tell",
          Buffer.from(encode(tell, "json")),
          extra(one),
          1,
          one,
          tell.id,
          null,
          null,
        ];
      }),
      trials.flatMap((one) => [one, time, true, extra(one), 1, one]),
      trials.flatMap((one) => [
        "contrast",
        String(one / 1_000_003),
        one,
        "orientation",
        String(one % 180),
        one,
      ]),
      trials.flatMap((one) => ["outcome", one % 2, null, one]),
      [],
    ];
    for (const [index, statement] of statements.entries()) await driver.run(statement, parameters[index]);
    latencies.push(performance.now() - began);
  }
  const elapsedMs = performance.now() - start;
  await driver.close([...statements, begin]);
  latencies.sort((a, b) => a - b);
  return { tellsPerSecond: (trial / elapsedMs) * 1000, p50Ms: latencies[latencies.length >> 1] ?? NaN };
}
