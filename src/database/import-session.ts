import type { EntityManager } from "typeorm";
import {
  type ImportedTable,
  configs,
  findLastThere,
  rejections,
  strats,
  trials,
  writtenRows,
} from "./imported-tables.js";
import { type PagedRows, readPages } from "./read-pages.js";
import { type Cell, columnText, insertRows, placeholder, placeholders, query } from "./rows.js";
import { rebuildSession } from "./rebuild.js";
import { countWrittenTrials } from "./stored-trials.js";
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
  /** Trials of no message that were left, for the database has derived its own. */
  readonly trialsLeft: number;
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
  const session = new SessionCopy(source, { manager, masterId });
  const lastShared = isNew ? 0 : await findLastShared(source, session.target);
  const trialsLeft = isNew ? 0 : await countDerivedInstead(source, session.target, lastShared);
  for (const table of [configs, strats, rejections]) await session.copyWritten(table, isNew);
  if (trialsLeft === 0) await session.copyWritten(trials, isNew);
  await session.copyMessages(lastShared, lastSeq, onProgress);
  const { messages, rows } = session;
  if (trialsLeft > 0 && messages > 0)
    session.trials += (await rebuildSession(manager, masterId, "write")).trialsAdded;
  const state = isNew ? "new" : messages + rows > 0 ? "grown" : "unchanged";
  return { state, messages, trials: session.trials, trialsLeft };
}

/**
 * How many trials of a source no message is noted for, where the target has derived its own from the same messages: AEPsych
 * writes the trials of its older sessions when a newer version of it opens the file.
 */
async function countDerivedInstead(
  source: SourceSession,
  { manager, masterId }: TargetSession,
  lastShared: number,
): Promise<number> {
  const derived = (id: number, seq: string) =>
    `select 1 from replay_data join raw_data on raw_data.replay_table_id = replay_data.unique_id
     where replay_data.master_table_id = ${id} ${seq} limit 1`;
  const isDerivedThere = await source.read(derived(source.masterId, `and seq <= ${lastShared}`));
  if (isDerivedThere.length > 0 || (await countWrittenTrials(manager, masterId)) > 0) return 0;
  if ((await query(manager, derived(masterId, ""))).length === 0) return 0;
  const written = writtenRows(trials, source.masterId);
  const [row] = await source.read<{ n: number }>(
    `select count(*) as n from ${written.from} where ${written.where}`,
  );
  return row?.n ?? 0;
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

const messageColumns = [
  "timestamp",
  "message_type",
  "message_contents",
  "extra_info",
  "message_id",
  "sent_at",
  "derivation_error",
];

/** What a trial's row is referred to by. */
const trialParts = [
  ["param_data", ["param_name", "param_value"]],
  ["outcome_data", ["outcome_name", "outcome_value", "outcome_text"]],
] as const;

type Row = Readonly<Record<string, Cell>>;

class SessionCopy {
  messages = 0;
  trials = 0;
  /** Other rows than messages, trials among them. */
  rows = 0;

  constructor(
    readonly source: SourceSession,
    readonly target: TargetSession,
  ) {}

  /** Copies the rows that no message is noted for and that the target lacks. */
  async copyWritten(table: ImportedTable, isNew: boolean): Promise<void> {
    const { manager, masterId } = this.target;
    const read = <Found>(sql: string) => query<Found>(manager, sql);
    const lastThere = isNew ? 0 : await findLastThere(table, this.source, { read, masterId });
    const rows = writtenRows(table, this.source.masterId);
    await this.#copyRows(table, { ...rows, where: `${rows.where} and unique_id > ${lastThere}` });
  }

  /**
   * Appends the newer messages with what is derived from them.
   *
   * @param lastShared the seq, in the source, after which they begin.
   * @param lastSeq the seq in the target after which they are to stand.
   */
  async copyMessages(
    lastShared: number,
    lastSeq: number,
    onProgress: (messages: number) => void,
  ): Promise<void> {
    const { manager, masterId } = this.target;
    const pages = readPages<Row>(this.source.read, {
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
      // The plus keeps the engine from walking through all rows for their order.
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

  /** @param messages the unique_ids in the target of the messages that the rows are derived from, by those in the source. */
  async #copyRows(
    { name, columns, bytes, isDerived }: ImportedTable,
    rows: Pick<PagedRows, "from" | "where" | "order">,
    messages: ReadonlyMap<Cell, number> = new Map(),
  ): Promise<void> {
    const { manager, masterId } = this.target;
    const read = ["unique_id", ...columns, ...(isDerived ? ["replay_table_id"] : [])];
    const written = [...columns, "master_table_id", ...(isDerived ? ["replay_table_id"] : [])];
    for await (const page of readPages<Row>(this.source.read, { ...rows, columns: read, bytes })) {
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

/** The unique_ids of inserted rows by those of the rows that they are copies of. */
function pair(rows: readonly Row[], ids: readonly number[]): Map<Cell, number> {
  return new Map(rows.map((row, index) => [row["unique_id"] ?? null, ids[index] ?? 0]));
}

/** A cell of a SQLite file as every engine takes it. */
function cellOf(row: Row, column: string): Cell {
  const cell = row[column] ?? null;
  if (typeof cell === "string") return columnText(cell);
  return column === "model_data" && cell !== null ? Boolean(cell) : cell;
}
