import type { QueryRunner } from "typeorm";
import { isSqlite, run } from "./schema.js";
import { oldName } from "./old-tables.js";
import {
  recodeConfig,
  recodeExtraData,
  recodeJsonText,
  recodeMessage,
  recodeStrat,
  recodeToJson,
} from "./recode.js";
import { type ColumnKind, type OldRow, countRows, insertRows, readInChunks, readRow } from "./rows.js";
import { SessionIds } from "./session-id.js";
import { type Stored, textOf } from "./stored.js";

const source = "AEPsych";

/** The columns of AEPsych's tables, and how each is read. */
export const oldColumns = {
  master: {
    experiment_name: "text",
    experiment_description: "text",
    experiment_id: "text",
    participant_id: "text",
    extra_metadata: "text",
  },
  replay_data: {
    timestamp: "text",
    message_type: "text",
    message_contents: "bytes",
    extra_info: "bytes",
    master_table_id: "plain",
  },
  strat_data: { timestamp: "text", strat: "bytes", master_table_id: "plain" },
  config_data: { timestamp: "text", config: "bytes", master_table_id: "plain" },
  raw_data: { timestamp: "text", model_data: "plain", extra_data: "either", master_table_id: "plain" },
  param_data: { param_name: "text", param_value: "text", iteration_id: "plain" },
  outcome_data: { outcome_name: "text", outcome_value: "plain", iteration_id: "plain" },
} as const satisfies Record<string, Record<string, ColumnKind>>;

/** Copies every row of AEPsych's tables, set aside under their old names, into telltale's. */
export class RowCopy {
  readonly #sessions = new SessionIds();
  readonly #masters = new Set<number>();
  /** The last seq that each session has given. */
  readonly #seqs = new Map<number, number>();
  #strayMaster: number | undefined;
  #strayTrial: number | undefined;

  constructor(readonly queryRunner: QueryRunner) {}

  async copyAll(): Promise<void> {
    await this.#copyMasters();
    await this.#copyMessages();
    await this.#copyStrats();
    await this.#copyConfigs();
    await this.#copyTrials();
    await this.#copyTrialParts("param_data", ["param_name", "param_value"]);
    await this.#copyTrialParts("outcome_data", ["outcome_name", "outcome_value", "outcome_text"]);
  }

  /** Compares how many rows there were and are. */
  async check(): Promise<void> {
    const added = {
      master: this.#strayMaster === undefined ? 0 : 1,
      raw_data: this.#strayTrial === undefined ? 0 : 1,
    };
    for (const table of Object.keys(oldColumns)) {
      const before = await countRows(this.queryRunner, oldName(table));
      const after = await countRows(this.queryRunner, table);
      if (after !== before + ((added as Record<string, number>)[table] ?? 0))
        throw new Error(`${table} had ${before} rows and has ${after}; nothing was changed.`);
    }
  }

  async #copyMasters(): Promise<void> {
    const old = oldName("replay_data");
    const firsts = (await this.queryRunner.query(
      `SELECT master_table_id AS master, min(unique_id) AS message FROM ${old} GROUP BY master_table_id`,
    )) as { master: Stored; message: number }[];
    const firstOf = new Map(firsts.map(({ master, message }) => [master, message]));
    await this.#copy(
      "master",
      ["unique_id", ...Object.keys(oldColumns.master), "session_id", "last_seq", "source"],
      oldColumns.master,
      async (row) => {
        this.#masters.add(row.unique_id);
        const first = firstOf.get(row.unique_id);
        const sessionId = await this.#giveSessionId(first, row.experiment_id, row.participant_id);
        return [
          row.unique_id,
          textOf(row.experiment_name),
          textOf(row.experiment_description),
          textOf(row.experiment_id),
          textOf(row.participant_id),
          recodeJsonText(row.extra_metadata),
          sessionId,
          0,
          source,
        ];
      },
    );
  }

  #copyMessages(): Promise<void> {
    return this.#copy(
      "replay_data",
      [
        "unique_id",
        "timestamp",
        "message_type",
        "message_contents",
        "extra_info",
        "master_table_id",
        "seq",
        "message_id",
        "derivation_error",
      ],
      oldColumns.replay_data,
      async (row) => {
        const master = await this.#masterOf(row.master_table_id, row.unique_id);
        const seq = (this.#seqs.get(master) ?? 0) + 1;
        this.#seqs.set(master, seq);
        const { contents, type, error } = recodeMessage(row.message_contents);
        return [
          row.unique_id,
          textOf(row.timestamp),
          textOf(row.message_type) ?? type,
          contents,
          recodeToJson(row.extra_info),
          master,
          seq,
          `aepsych-${seq}`,
          error,
        ];
      },
    );
  }

  #copyStrats(): Promise<void> {
    return this.#copy(
      "strat_data",
      ["unique_id", "timestamp", "strat", "coding", "master_table_id"],
      oldColumns.strat_data,
      async (row) => {
        const { strat, coding } = recodeStrat(row.strat);
        return [
          row.unique_id,
          textOf(row.timestamp),
          strat,
          coding,
          await this.#masterOf(row.master_table_id),
        ];
      },
    );
  }

  #copyConfigs(): Promise<void> {
    return this.#copy(
      "config_data",
      ["unique_id", "timestamp", "config", "master_table_id"],
      oldColumns.config_data,
      async (row) => [
        row.unique_id,
        textOf(row.timestamp),
        recodeConfig(row.config),
        await this.#masterOf(row.master_table_id),
      ],
    );
  }

  #copyTrials(): Promise<void> {
    return this.#copy(
      "raw_data",
      ["unique_id", "timestamp", "model_data", "extra_data", "master_table_id"],
      oldColumns.raw_data,
      async (row) => [
        row.unique_id,
        textOf(row.timestamp),
        row.model_data,
        recodeExtraData(row.extra_data),
        await this.#masterOf(row.master_table_id),
      ],
    );
  }

  /** Parameters and outcomes hold no pickles: the database copies them by itself. */
  async #copyTrialParts(table: "param_data" | "outcome_data", columns: readonly string[]): Promise<void> {
    const total = await countRows(this.queryRunner, oldName(table));
    if (total === 0) return;
    const stray = await this.#strayTrialOf(table);
    const values = columns.map((column) => this.#partExpression(column));
    const trial = `CASE WHEN iteration_id IN (SELECT unique_id FROM raw_data) THEN iteration_id ELSE ${stray ?? "NULL"} END`;
    await run(
      this.queryRunner,
      `INSERT INTO ${table} (unique_id, ${columns.join(", ")}, iteration_id)
       SELECT unique_id, ${values.join(", ")}, ${trial} FROM ${oldName(table)} ORDER BY unique_id`,
    );
    this.#report(table, total, total);
  }

  #partExpression(column: string): string {
    const sqlite = isSqlite(this.queryRunner);
    // SQLite's columns of doubles hold words as well, and cannot hold NaN.
    if (column === "outcome_text")
      return sqlite ? "CASE WHEN typeof(outcome_value) IN ('text', 'blob') THEN outcome_value END" : "NULL";
    if (column !== "outcome_value") return column;
    return sqlite
      ? "CASE WHEN typeof(outcome_value) NOT IN ('text', 'blob') THEN outcome_value END"
      : "nullif(outcome_value, 'NaN')";
  }

  /** The trial that parameters and outcomes of no trial are hung on; undefined where there are none of these. */
  async #strayTrialOf(table: string): Promise<number | undefined> {
    if (this.#strayTrial !== undefined) return this.#strayTrial;
    const [stray] = (await this.queryRunner.query(
      `SELECT unique_id FROM ${oldName(table)}
       WHERE iteration_id IS NULL OR iteration_id NOT IN (SELECT unique_id FROM raw_data) LIMIT 1`,
    )) as unknown[];
    if (stray === undefined) return undefined;
    const master = await this.#masterOf(null);
    this.#strayTrial = await this.#nextId("raw_data");
    await insertRows(
      this.queryRunner,
      "raw_data",
      ["unique_id", "master_table_id"],
      [[this.#strayTrial, master]],
    );
    return this.#strayTrial;
  }

  /** The master of a row: its own, or the one for rows that are under none; `message` is the row's id where it is a message. */
  async #masterOf(stored: Stored, message?: number): Promise<number> {
    if (typeof stored === "number" && this.#masters.has(stored)) return stored;
    if (this.#strayMaster !== undefined) return this.#strayMaster;
    const sessionId = await this.#giveSessionId(message, null, null);
    this.#strayMaster = await this.#nextId("master");
    await insertRows(
      this.queryRunner,
      "master",
      ["unique_id", "session_id", "last_seq", "source"],
      [[this.#strayMaster, sessionId, 0, source]],
    );
    return this.#strayMaster;
  }

  async #giveSessionId(
    first: number | undefined,
    experimentId: Stored,
    participantId: Stored,
  ): Promise<string> {
    const { message_contents, timestamp } = oldColumns.replay_data;
    const row =
      first === undefined
        ? undefined
        : await readRow(this.queryRunner, oldName("replay_data"), { message_contents, timestamp }, first);
    return this.#sessions.give({
      message: row?.message_contents ?? null,
      timestamp: row?.timestamp ?? null,
      experimentId,
      participantId,
    });
  }

  async #nextId(table: string): Promise<number> {
    const [row] = (await this.queryRunner.query(
      `SELECT coalesce(max(unique_id), 0) + 1 AS next FROM ${table}`,
    )) as { next: number }[];
    if (row === undefined) throw new Error(`${table} gave no id.`);
    return row.next;
  }

  async #copy<Column extends string>(
    table: string,
    columns: readonly string[],
    old: Readonly<Record<Column, ColumnKind>>,
    recode: (row: OldRow<Column>) => Promise<Stored[]>,
  ): Promise<void> {
    const total = await countRows(this.queryRunner, oldName(table));
    let done = 0;
    for await (const chunk of readInChunks(this.queryRunner, oldName(table), old)) {
      const rows: Stored[][] = [];
      for (const row of chunk) rows.push(await recode(row));
      await insertRows(this.queryRunner, table, columns, rows);
      done += rows.length;
      this.#report(table, done, total);
    }
  }

  #report(table: string, done: number, total: number): void {
    this.queryRunner.connection.logger.logMigration(`${table}: ${done} of ${total} rows`);
  }
}

/** What only the copied messages tell of their sessions. */
export async function completeMasters(queryRunner: QueryRunner): Promise<void> {
  await run(
    queryRunner,
    `UPDATE master SET last_seq = (SELECT count(*) FROM replay_data WHERE master_table_id = master.unique_id)`,
    `UPDATE master SET rebuild_due = TRUE
     WHERE unique_id IN (SELECT master_table_id FROM replay_data WHERE message_type = 'tell')`,
  );
}
