import type { EntityManager } from "typeorm";
import { runInTurns } from "../../common/index.js";
import type { MessageWrite, RejectionWrite, SessionWrite } from "../../derivation/index.js";
import { formatJsonInSteps } from "../../protocol/index.js";
import { type NewTrials, insertTrials } from "./insert-trials.js";
import {
  type Cell,
  columnJson,
  columnText,
  columnTime,
  alteredRows,
  insertReturning,
  insertRowsWithoutIds,
} from "../sql.js";

/** A message that this transaction stores. */
export interface NewMessage {
  readonly write: SessionWrite | MessageWrite;
  /** When it was received, in the columns' format. */
  readonly time: string;
  /** The unique_id of its session. */
  readonly masterId: number;
  readonly seq: number;
  /** Chains it to the messages before it in its session. */
  readonly digest: string;
  /** The unique_id of its replay row; 0 before the row is inserted. */
  replayId: number;
}

/** Inserts every row of the messages: replay rows, and their configs, strats and trials. */
export async function insertMessages(manager: EntityManager, messages: readonly NewMessage[]): Promise<void> {
  await insertReplays(manager, messages);
  await insertConfigs(manager, messages);
  await insertStrats(manager, messages);
  await insertTrials(manager, messages.map(trialsOf));
}

const replayColumns = [
  "timestamp",
  "message_type",
  "message_contents",
  "extra_info",
  "master_table_id",
  "seq",
  "message_id",
  "sent_at",
  "occurred_at",
  "clock_offset_ms",
  "clock_uncertainty_ms",
  "derivation_error",
  "digest",
];

async function insertReplays(manager: EntityManager, messages: readonly NewMessage[]): Promise<void> {
  const cells: Cell[] = [];
  for (const { write, time, masterId, seq, digest } of messages) {
    const { type, frame, extraInfo, id, sentAt, occurrence } = write.message;
    const { occurredAt, clockOffsetMs, clockUncertaintyMs } = occurrence;
    const derivationError = write.kind === "message" ? columnText(write.derivationError) : null;
    cells.push(time, type, frame, columnJson(extraInfo), masterId, seq, id, sentAt);
    cells.push(occurredAt, clockOffsetMs, clockUncertaintyMs, derivationError, digest);
  }
  const rows = await insertReturning<InsertedReplay>(
    manager,
    "replay_data",
    replayColumns,
    cells,
    "unique_id, seq, length(message_contents) as bytes",
  );
  for (const [index, message] of messages.entries()) {
    const row = rows[index];
    const { seq, write } = message;
    if (row?.seq !== seq || row.bytes !== write.message.frame.length) throw alteredRows("replay_data");
    message.replayId = row.unique_id;
  }
}

/** What a replay row shows of itself once it is written. */
interface InsertedReplay {
  readonly unique_id: number;
  readonly seq: number;
  readonly bytes: number;
}

async function insertConfigs(manager: EntityManager, messages: readonly NewMessage[]): Promise<void> {
  const cells: Cell[] = [];
  for (const { write, time, masterId } of messages) {
    if (write.kind !== "session") continue;
    const config = await runInTurns(formatJsonInSteps(write.session.fields.sections));
    cells.push(time, columnJson(config), masterId);
  }
  await insertRowsWithoutIds(manager, "config_data", ["timestamp", "config", "master_table_id"], cells);
}

async function insertStrats(manager: EntityManager, messages: readonly NewMessage[]): Promise<void> {
  const cells: Cell[] = [];
  for (const { write, time, masterId, replayId } of messages) {
    if (write.kind === "message" && write.isStrat) cells.push(time, masterId, replayId);
  }
  await insertRowsWithoutIds(
    manager,
    "strat_data",
    ["timestamp", "master_table_id", "replay_table_id"],
    cells,
  );
}

function trialsOf({ write, time, masterId, replayId }: NewMessage): NewTrials {
  return { trials: write.kind === "message" ? write.trials : [], time, masterId, replayId };
}

/** A frame that this transaction stores as a rejection. */
export interface NewRejection {
  readonly rejection: RejectionWrite;
  /** The unique_id of its connection's session, if there is one. */
  readonly masterId: number | null;
}

export async function insertRejections(
  manager: EntityManager,
  rejections: readonly NewRejection[],
): Promise<void> {
  await insertRowsWithoutIds(
    manager,
    "rejected_data",
    ["timestamp", "code", "reason", "peer", "contents", "length", "master_table_id"],
    rejections.flatMap(({ rejection, masterId }) => [
      columnTime(rejection.receivedAt),
      rejection.code,
      columnText(rejection.reason),
      rejection.peer,
      rejection.contents,
      rejection.length,
      masterId,
    ]),
  );
}
