import type { QueryRunner } from "typeorm";
import { FileBudget } from "../pickle/budget.js";
import { TrialPartCopy } from "./copy-trial-parts.js";
import { oldColumns } from "./old-columns.js";
import { OldSessions, source } from "./old-sessions.js";
import { oldName } from "./old-tables.js";
import {
  recodeConfig,
  recodeExtraData,
  recodeJsonText,
  recodeMessage,
  recodeStrat,
  recodeToJson,
} from "./recode.js";
import { type ColumnKind, type OldRow, countRows, insertRows, readInChunks } from "./rows.js";
import { run } from "./schema.js";
import { type Stored, textOf } from "./stored.js";

/** Copies every row of AEPsych's tables, which were set aside under old names, into telltale's tables. */
export class RowCopy {
  readonly #sessions: OldSessions;
  readonly #trialParts: TrialPartCopy;
  readonly #budget = new FileBudget();
  /** The last seq of each session so far. */
  readonly #seqs = new Map<number, number>();

  constructor(readonly queryRunner: QueryRunner) {
    this.#sessions = new OldSessions(queryRunner);
    this.#trialParts = new TrialPartCopy(queryRunner, this.#sessions);
  }

  async copyAll(): Promise<void> {
    await this.#copyMasters();
    await this.#copyMessages();
    await this.#copyStrats();
    await this.#copyConfigs();
    await this.#copyTrials();
    await this.#copyTrialParts("param_data", ["param_name", "param_value"]);
    await this.#copyTrialParts("outcome_data", ["outcome_name", "outcome_value", "outcome_text"]);
  }

  /** Compares the numbers of rows before and after. */
  async check(): Promise<void> {
    const added = { master: this.#sessions.added, raw_data: this.#trialParts.addedTrials };
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
        const sessionId = await this.#sessions.add(
          row.unique_id,
          firstOf.get(row.unique_id),
          row.experiment_id,
          row.participant_id,
        );
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
        const master = await this.#sessions.masterOf(row.master_table_id, row.unique_id);
        const seq = (this.#seqs.get(master) ?? 0) + 1;
        this.#seqs.set(master, seq);
        const { contents, type, error } = recodeMessage(row.message_contents, this.#budget);
        return [
          row.unique_id,
          textOf(row.timestamp),
          textOf(row.message_type) ?? type,
          contents,
          recodeToJson(row.extra_info, this.#budget),
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
        const { strat, coding } = recodeStrat(row.strat, this.#budget);
        return [
          row.unique_id,
          textOf(row.timestamp),
          strat,
          coding,
          await this.#sessions.masterOf(row.master_table_id),
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
        recodeConfig(row.config, this.#budget),
        await this.#sessions.masterOf(row.master_table_id),
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
        recodeExtraData(row.extra_data, this.#budget),
        await this.#sessions.masterOf(row.master_table_id),
      ],
    );
  }

  async #copyTrialParts(table: "param_data" | "outcome_data", columns: readonly string[]): Promise<void> {
    const total = await this.#trialParts.copy(table, columns);
    if (total > 0) this.#report(table, total, total);
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
      let rows: Stored[][] = [];
      let size = 0;
      for (const row of chunk) {
        const recoded = await recode(row);
        rows.push(recoded);
        size += sizeOf(recoded);
        if (size < maximumBatch) continue;
        await insertRows(this.queryRunner, table, columns, rows);
        [rows, size] = [[], 0];
      }
      await insertRows(this.queryRunner, table, columns, rows);
      done += chunk.length;
      this.#report(table, done, total);
    }
  }

  #report(table: string, done: number, total: number): void {
    this.queryRunner.connection.logger.logMigration(`${table}: ${done} of ${total} rows`);
  }
}

/** The approximate size of rows to insert together; a small pickle may become large. */
const maximumBatch = 8 * 1024 * 1024;

function sizeOf(row: readonly Stored[]): number {
  return row.reduce<number>(
    (sum, value) => sum + (typeof value === "string" || Buffer.isBuffer(value) ? value.length : 0),
    0,
  );
}

/** Sets the columns of master that depend on the copied messages. */
export async function completeMasters(queryRunner: QueryRunner): Promise<void> {
  await run(
    queryRunner,
    `UPDATE master SET last_seq = (SELECT count(*) FROM replay_data WHERE master_table_id = master.unique_id)`,
    `UPDATE master SET rebuild_due = TRUE
     WHERE unique_id IN (SELECT master_table_id FROM replay_data WHERE message_type = 'tell')`,
  );
}
