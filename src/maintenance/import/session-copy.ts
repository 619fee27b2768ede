import { type ImportedTable, findLastThere, strats, trials, writtenRows } from "./imported-tables.js";
import {
  type Cell,
  type SizedRows,
  columnText,
  insertRows,
  pagesBySize,
  query,
} from "../../database/index.js";
import type { SourceSession, TargetSession } from "./shared-messages.js";

const messageColumns = [
  "timestamp",
  "message_type",
  "message_contents",
  "extra_info",
  "message_id",
  "sent_at",
  "derivation_error",
];

/** The tables that refer to a trial's row. */
const trialParts = [
  ["param_data", ["param_name", "param_value"]],
  ["outcome_data", ["outcome_name", "outcome_value", "outcome_text"]],
] as const;

type Row = Readonly<Record<string, Cell>>;

/** Copies rows of one session from a file to another database, in an open transaction, and counts them. */
export class SessionCopy {
  messages = 0;
  trials = 0;
  /** The number of rows other than messages, trials included. */
  rows = 0;

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
   * Appends the newer messages and the rows derived from them.
   *
   * @param lastShared the seq in the source after which the newer messages begin.
   * @param lastSeq the last seq in the target.
   */
  async copyMessages(
    lastShared: number,
    lastSeq: number,
    onProgress: (messages: number) => void,
  ): Promise<void> {
    const { manager, masterId } = this.target;
    const pages = pagesBySize<Row>(this.source.read, {
      columns: ["unique_id", ...messageColumns],
      from: "replay_data",
      where: `master_table_id = ${this.source.masterId} and seq > ${lastShared}`,
      order: "seq",
      bytes: "coalesce(length(message_contents), 0) + coalesce(length(extra_info), 0)",
    });
    for await (const page of pages) {
      const cells = page.flatMap((message, index) => [
        ...messageColumns.map((column) => cellOf(message, column)),
        masterId,
        lastSeq + this.messages + index + 1,
      ]);
      const ids = await insertRows(
        manager,
        "replay_data",
        [...messageColumns, "master_table_id", "seq"],
        cells,
      );
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
    await query(
      manager,
      `update master set last_seq = ${lastSeq + this.messages} where unique_id = ${masterId}`,
    );
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
