import type { EntityManager } from "typeorm";
import {
  type ImportedTable,
  configs,
  findLastThere,
  rejections,
  rowsOf,
  strats,
  trials,
} from "./imported-tables.js";
import { readPages } from "./read-pages.js";
import { type Cell, columnText, insertRows, placeholder, placeholders, query } from "./rows.js";
import { type SourceSession, type TargetSession, findLastShared } from "./shared-messages.js";

/** A session's row in the file that it is read from. */
export interface SourceMaster {
  readonly unique_id: number;
  readonly session_id: string;
  readonly experiment_name: string | null;
  readonly experiment_description: string | null;
  readonly experiment_id: string | null;
  readonly participant_id: string | null;
  readonly extra_metadata: string | null;
  readonly source: string | null;
}

export const masterColumns = [
  "session_id",
  "experiment_name",
  "experiment_description",
  "experiment_id",
  "participant_id",
  "extra_metadata",
  "source",
] as const satisfies (keyof SourceMaster)[];

/** What became of a session. */
export interface SessionImport {
  /** Whether the database did not have it before, has more of it now, or had it all. */
  readonly state: "new" | "grown" | "unchanged";
  /** The messages and trials that were added. */
  readonly messages: number;
  readonly trials: number;
}

/**
 * Copies to an open transaction what its database lacks of a session. Of a session of any length little is in memory.
 *
 * @param master the session; its `source` is what the database is to say where it came from.
 * @param onProgress is told how many messages are copied.
 * @throws ImportConflict when the database has the session with other messages.
 */
export async function importSession(
  manager: EntityManager,
  source: SourceSession,
  master: SourceMaster,
  onProgress: (messages: number) => void,
): Promise<SessionImport> {
  const { masterId, lastSeq, isNew } = await lockSession(manager, master);
  const session = new SessionCopy(source, { manager, masterId }, isNew);
  await session.copyMessages(lastSeq, onProgress);
  for (const table of [configs, strats, trials, rejections]) await session.copyRows(table);
  const { messages, rows } = session;
  const state = isNew ? "new" : messages + rows > 0 ? "grown" : "unchanged";
  return { state, messages, trials: session.trials };
}

/** Locks the session's row, and makes it where there is none; the first statement writes, so that nothing changes meanwhile. */
async function lockSession(manager: EntityManager, master: SourceMaster) {
  const cells = masterColumns.map((column) => columnText(master[column]));
  const lock = () =>
    query<{ unique_id: number; last_seq: number }>(
      manager,
      `update master set last_seq = last_seq where session_id = ${placeholder(manager, 0)} returning unique_id, last_seq`,
      [columnText(master.session_id)],
    );
  let [row] = await lock();
  const isNew = row === undefined;
  if (row === undefined) {
    [row] = await query<{ unique_id: number; last_seq: number }>(
      manager,
      `insert into master (${masterColumns.join(", ")}, last_seq) values ${placeholders(manager, 1, cells.length + 1)}
       on conflict (session_id) do nothing returning unique_id, last_seq`,
      [...cells, 0],
    );
    if (row !== undefined) return { masterId: row.unique_id, lastSeq: 0, isNew };
    // Another writer has begun it meanwhile.
    [row] = await lock();
  }
  if (row === undefined) throw new Error("The session can neither be begun nor found.");
  return { masterId: row.unique_id, lastSeq: row.last_seq, isNew: false };
}

interface MessageRow extends Record<(typeof messageColumns)[number], Cell> {
  readonly message_id: string;
}

const messageColumns = [
  "timestamp",
  "message_type",
  "message_contents",
  "extra_info",
  "message_id",
  "sent_at",
  "derivation_error",
] as const;

class SessionCopy {
  messages = 0;
  /** Other rows, trials among them. */
  rows = 0;
  trials = 0;
  /** The seq, in the source, of the last message that the target had before. */
  #lastShared = 0;

  constructor(
    readonly source: SourceSession,
    readonly target: TargetSession,
    readonly isNew: boolean,
  ) {}

  /** Appends the messages that the target lacks. */
  async copyMessages(lastSeq: number, onProgress: (messages: number) => void): Promise<void> {
    const { source, target } = this;
    this.#lastShared = this.isNew ? 0 : await findLastShared(source, target);
    const pages = readPages<MessageRow>(source.read, {
      columns: messageColumns,
      from: "replay_data",
      where: `master_table_id = ${source.masterId} and seq > ${this.#lastShared}`,
      order: "seq",
      bytes: "coalesce(length(message_contents), 0) + coalesce(length(extra_info), 0)",
    });
    for await (const page of pages) {
      const cells: Cell[] = [];
      for (const message of page) {
        this.messages += 1;
        for (const column of messageColumns) cells.push(asCell(message[column]));
        cells.push(target.masterId, lastSeq + this.messages);
      }
      await insertRows(target.manager, "replay_data", [...messageColumns, "master_table_id", "seq"], cells);
      onProgress(this.messages);
    }
    if (this.messages === 0) return;
    const sql = `update master set last_seq = ${lastSeq + this.messages} where unique_id = ${target.masterId}`;
    await query(target.manager, sql);
  }

  /** Copies the rows that are derived from the new messages, and those of no message that the target lacks. */
  async copyRows(table: ImportedTable): Promise<void> {
    const { source, target } = this;
    const { name, isDerived, columns } = table;
    const lastThere = this.isNew
      ? 0
      : await findLastThere(table, source, {
          read: (sql, parameters) => query(target.manager, sql, parameters),
          masterId: target.masterId,
        });
    const isNewer = `${name}.unique_id > ${lastThere}`;
    const rows = rowsOf(table, source.masterId);
    const pages = readPages<SourceRow>(source.read, {
      ...rows,
      where: `${rows.where} and ${
        isDerived
          ? `case when replay_data.unique_id is null then ${isNewer} else replay_data.seq > ${this.#lastShared} end`
          : isNewer
      }`,
      columns: [
        `${name}.unique_id`,
        ...columns.map((column) => `${name}.${column}`),
        ...(isDerived ? ["replay_data.message_id"] : []),
      ],
      bytes: table.bytes,
    });
    const targetColumns = [...columns, "master_table_id", ...(isDerived ? ["replay_table_id"] : [])];
    for await (const page of pages) {
      const messages = await this.#findMessages(page);
      const cells: Cell[] = [];
      for (const row of page) {
        for (const column of columns) cells.push(asCell(row[column] ?? null, column));
        cells.push(target.masterId);
        if (isDerived) cells.push(row.message_id === null ? null : (messages.get(row.message_id) ?? null));
      }
      const ids = await insertRows(target.manager, name, targetColumns, cells);
      this.rows += page.length;
      if (table === trials) await this.#copyTrialParts(page, ids);
    }
  }

  /** The unique_ids in the target of the messages that rows are derived from. */
  async #findMessages(page: readonly SourceRow[]): Promise<Map<string, number>> {
    const { manager, masterId } = this.target;
    const ids = [...new Set(page.map(({ message_id: id }) => id ?? null))].filter((id) => id !== null);
    if (ids.length === 0) return new Map();
    const rows = await query<{ unique_id: number; message_id: string }>(
      manager,
      `select unique_id, message_id from replay_data
       where master_table_id = ${masterId} and message_id in ${placeholders(manager, 1, ids.length)}`,
      ids,
    );
    return new Map(rows.map((row) => [row.message_id, row.unique_id]));
  }

  async #copyTrialParts(page: readonly SourceRow[], ids: readonly number[]): Promise<void> {
    this.trials += page.length;
    const idOf = new Map(page.map((row, index) => [row.unique_id, ids[index] ?? 0]));
    for (const [table, columns] of trialParts) {
      const rows = await this.source.read<Record<string, Cell> & { iteration_id: number }>(
        `select iteration_id, ${columns.join(", ")} from ${table}
         where iteration_id in (${[...idOf.keys()].join(", ")}) order by iteration_id, unique_id`,
      );
      const cells = rows.flatMap((row) => [
        ...columns.map((column) => asCell(row[column] ?? null)),
        idOf.get(row.iteration_id) ?? 0,
      ]);
      await insertRows(this.target.manager, table, [...columns, "iteration_id"], cells);
    }
  }
}

interface SourceRow extends Record<string, Cell> {
  readonly unique_id: number;
  /** Of the message that the row is derived from. */
  readonly message_id: string | null;
}

const trialParts = [
  ["param_data", ["param_name", "param_value"]],
  ["outcome_data", ["outcome_name", "outcome_value", "outcome_text"]],
] as const;

/** A cell of a SQLite file as every engine takes it. */
function asCell(cell: Cell, column?: string): Cell {
  if (typeof cell === "string") return columnText(cell);
  return column === "model_data" && cell !== null ? Boolean(cell) : cell;
}
