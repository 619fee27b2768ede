import type { EntityManager } from "typeorm";
import { runInTurns } from "../../common/index.js";
import { sameContentInSteps } from "../../protocol/index.js";
import type { ReceivedMessage, StoredMessage } from "../../derivation/index.js";
import { placeholders, query } from "../sql.js";

/** A message stored before, as in its row. */
export interface EarlierMessage {
  readonly unique_id: number;
  readonly master_table_id: number;
  readonly timestamp: string;
  readonly message_id: string;
  readonly seq: number;
  readonly derivation_error: string | null;
  readonly digest: string;
}

const columns = "unique_id, master_table_id, timestamp, message_id, seq, derivation_error, digest";

/** The messages with these ids, for each session (by unique_id of master). */
export async function findById(
  manager: EntityManager,
  idsOfMaster: ReadonlyMap<number, readonly string[]>,
): Promise<EarlierMessage[]> {
  if (idsOfMaster.size === 0) return [];
  let offset = 0;
  const conditions = [...idsOfMaster].map(([master, ids]) => {
    const list = placeholders(manager, 1, ids.length, offset);
    offset += ids.length;
    return `(master_table_id = ${master} and message_id in ${list})`;
  });
  const sql = `select ${columns} from replay_data where ${conditions.join(" or ")}`;
  return query(manager, sql, [...idsOfMaster.values()].flat());
}

/** The setups of sessions: their first messages. */
export async function findFirst(
  manager: EntityManager,
  masters: readonly number[],
): Promise<EarlierMessage[]> {
  if (masters.length === 0) return [];
  const sql = `select ${columns} from replay_data where seq = 1 and master_table_id in (${masters.join(", ")})`;
  return query(manager, sql);
}

/** The number of trials derived from each of these messages (by unique_id of replay_data); messages without trials are absent. */
export async function countTrials(
  manager: EntityManager,
  replayIds: readonly number[],
): Promise<Map<number, number>> {
  if (replayIds.length === 0) return new Map();
  const rows = await query<{ replay_table_id: number; trials: number | string }>(
    manager,
    `select replay_table_id, count(*) as trials from raw_data where replay_table_id in (${replayIds.join(", ")}) group by replay_table_id`,
  );
  return new Map(rows.map((row) => [row.replay_table_id, Number(row.trials)]));
}

/** Whether a message is an earlier one, sent again. Reads the earlier contents only here: a batch of resent messages may be large. */
export async function isResent(
  manager: EntityManager,
  message: ReceivedMessage,
  earlier: EarlierMessage,
): Promise<boolean> {
  const sql = `select message_contents from replay_data where unique_id = ${earlier.unique_id}`;
  const [row] = await query<{ message_contents: Uint8Array | null }>(manager, sql);
  return row !== undefined && runInTurns(sameContentInSteps(message.frame, row.message_contents));
}

/** An earlier message as the answer to the same message sent again. */
export function asStored(
  earlier: EarlierMessage,
  sessionId: string,
  trials: number,
): Omit<StoredMessage, "isDuplicate"> {
  return {
    id: earlier.message_id,
    sessionId,
    seq: earlier.seq,
    replayId: earlier.unique_id,
    receivedAt: Date.parse(earlier.timestamp),
    trials,
    derivationError: earlier.derivation_error,
    digest: earlier.digest,
  };
}
