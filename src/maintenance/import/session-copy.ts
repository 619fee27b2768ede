import { type ImportedTable, findLastThere, strats, trials, writtenRows } from "./imported-tables.js";
import {
  type Cell,
  type SizedRows,
  columnText,
  insertRows,
  pagesBySize,
  query,
} from "../../database/index.js";
import { type CopiedMessage, MessageChain } from "./message-chain.js";
import type { SourceSession, TargetSession } from "./shared-messages.js";

/** The columns of a message, those that its digest covers first. */
const messageColumns = [
  "message_id",
  "message_type",
  "message_contents",
  "timestamp",
  "extra_info",
  "sent_at",
  "occurred_at",
  "clock_offset_ms",
  "clock_uncertainty_ms",
  "derivation_error",
];

/** The tables that refer to a trial's row. */
const trialParts = [
  ["param_data", ["param_name", "param_value", "param_number"]],
  ["outcome_data", ["outcome_name", "outcome_value", "outcome_text"]],
] as const;

type Row = Readonly<Record<string, Cell>>;

/** The end of a session in the target. */
export interface SessionEnd {
  readonly lastSeq: number;
  /** The digest of its last message; null if it has no messages. */
  readonly digest: string | null;
}

/** Copies rows of one session from a file to another database, in an open transaction, and counts them. */
export class SessionCopy {
  messages = 0;
  trials = 0;
  /** The number of rows other than messages, trials included. */
  rows = 0;
  /** The seqs in the source of messages that do not match their digest there. */
  changed: readonly number[] = [];

  constructor(
    readonly source: SourceSession,
    readonly target: TargetSession,
  ) {}

  /** Copies the rows without a message that the target lacks. */
  async copyWritten(table: ImportedTable, isNew: boolean): Promise<void> {
    const { manager, masterId } = this.target;
    const read = <Found>(sql: string) => query<Found>(manager, sql);
    const lastThere = isNew ? 0 : await findLastThere(table, this.source, { read, masterId });
    const rows = writtenRows(table, this.source.masterId);
    await this.#copyRows(table, { ...rows, where: `${rows.where} and unique_id > ${lastThere}` });
  }

  /**
   * Appends the newer messages and the rows derived from them, and chains the messages to those that the target has.
   *
   * @param lastShared the seq in the source after which the newer messages begin.
   * @param end the end of the session in the target.
   */
  async copyMessages(
    sessionId: string,
    lastShared: number,
    { lastSeq, digest }: SessionEnd,
    onProgress: (messages: number) => void,
  ): Promise<void> {
    const { manager, masterId } = this.target;
    const chain = new MessageChain(sessionId, digest, await this.#readDigest(lastShared));
    const pages = pagesBySize<Row & CopiedMessage>(this.source.read, {
      columns: ["unique_id", "seq", "digest", ...messageColumns],
      from: "replay_data",
      where: `master_table_id = ${this.source.masterId} and seq > ${lastShared}`,
      order: "seq",
      bytes: "coalesce(length(message_contents), 0) + coalesce(length(extra_info), 0)",
    });
    for await (const page of pages) {
      const cells = page.flatMap((message, index) => {
        const copied = messageColumns.map((column) => cellOf(message, column));
        const [id = null, type = null, contents = null, time = null] = copied;
        const seq = lastSeq + this.messages + index + 1;
        return [...copied, masterId, seq, chain.add([id, type, contents, time], seq, message)];
      });
      const columns = [...messageColumns, "master_table_id", "seq", "digest"];
      const ids = await insertRows(manager, "replay_data", columns, cells);
      const idOf = pair(page, ids);
      // The plus keeps SQLite from scanning all rows in the order of unique_id.
      const derived = {
        where: `master_table_id = ${this.source.masterId} and replay_table_id in (${[...idOf.keys()].join(", ")})`,
        order: "+unique_id",
      };
      for (const table of [strats, trials])
        await this.#copyRows(table, { from: table.name, ...derived }, idOf);
      this.messages += page.length;
      onProgress(this.messages);
    }
    if (this.messages === 0) return;
    this.changed = chain.changed;
    const newLastSeq = lastSeq + this.messages;
    const late = chain.isAsReceived ? await this.#readLateDigests() : newLastSeq;
    await query(
      manager,
      `update master set last_seq = ${newLastSeq}, digest = '${chain.digest}',
       late_digests = ${late === 0 ? "late_digests" : `case when late_digests > ${late} then late_digests else ${late} end`}
       where unique_id = ${masterId}`,
    );
  }

  /** The digest of a message of the source; null for seq 0. */
  async #readDigest(seq: number): Promise<string | null> {
    const { read, masterId } = this.source;
    const [row] = await read<{ digest: string | null }>(
      `select digest from replay_data where master_table_id = ${masterId} and seq = ${seq}`,
    );
    return row?.digest ?? null;
  }

  /** The seq in the source of the last message whose digest was computed later than on receipt; 0 if there is none. */
  async #readLateDigests(): Promise<number> {
    const { read, masterId } = this.source;
    const [row] = await read<{ late: number | null }>(
      `select late_digests as late from master where unique_id = ${masterId}`,
    );
    return row?.late ?? 0;
  }

  /** @param messages the unique_ids in the target of the messages that the rows derive from, by those in the source. */
  async #copyRows(
    { name, columns, bytes, isDerived }: ImportedTable,
    rows: Pick<SizedRows, "from" | "where" | "order">,
    messages: ReadonlyMap<Cell, number> = new Map(),
  ): Promise<void> {
    const { manager, masterId } = this.target;
    const read = ["unique_id", ...columns, ...(isDerived ? ["replay_table_id"] : [])];
    const written = [...columns, "master_table_id", ...(isDerived ? ["replay_table_id"] : [])];
    for await (const page of pagesBySize<Row>(this.source.read, { ...rows, columns: read, bytes })) {
      const cells = page.flatMap((row) => [
        ...columns.map((column) => cellOf(row, column)),
        masterId,
        ...(isDerived ? [messages.get(row["replay_table_id"] ?? null) ?? null] : []),
      ]);
      const ids = await insertRows(manager, name, written, cells);
      this.rows += page.length;
      if (name === trials.name) await this.#copyTrialParts(pair(page, ids));
    }
  }

  /** @param idOf the unique_ids of trials in the target, by those in the source. */
  async #copyTrialParts(idOf: ReadonlyMap<Cell, number>): Promise<void> {
    this.trials += idOf.size;
    const ids = [...idOf.keys()].join(", ");
    for (const [table, columns] of trialParts) {
      const rows = await this.source.read<Row>(
        `select ${columns.join(", ")}, iteration_id from ${table} where iteration_id in (${ids}) order by iteration_id, unique_id`,
      );
      const cells = rows.flatMap((row) => [
        ...columns.map((column) => cellOf(row, column)),
        idOf.get(row["iteration_id"] ?? null) ?? null,
      ]);
      await insertRows(this.target.manager, table, [...columns, "iteration_id"], cells);
    }
  }
}

/** The unique_ids of inserted rows by those of their originals. */
function pair(rows: readonly Row[], ids: readonly number[]): Map<Cell, number> {
  return new Map(rows.map((row, index) => [row["unique_id"] ?? null, ids[index] ?? 0]));
}

/** A cell of a SQLite file in a form that every engine accepts. */
function cellOf(row: Row, column: string): Cell {
  const cell = row[column] ?? null;
  if (typeof cell === "string") return columnText(cell);
  return column === "model_data" && cell !== null ? Boolean(cell) : cell;
}
