import type { EntityManager } from "typeorm";
import { digestMessage } from "../../../migrations/chain/message-digest.js";
import type {
  MessageWrite,
  RejectionWrite,
  SessionWrite,
  StoredMessage,
  Write,
} from "../../derivation/index.js";
import type { ErrorCode } from "../../protocol/index.js";
import { describeDeleted, refuseDeleted } from "./deleted-sessions.js";
import {
  type EarlierMessage,
  asStored,
  countTrials,
  findById,
  findFirst,
  isResent,
} from "./earlier-messages.js";
import { type NewMessage, type NewRejection, insertMessages, insertRejections } from "./insert-messages.js";
import { type MasterRow, beginSessions, findMasters, reserveSeqs, writeEnds } from "./master-rows.js";
import { type StoredResume, readEarlierDigests } from "./resumed-digests.js";
import { alteredRows, columnTime } from "../sql.js";
import type { Engine } from "../engines/engine.js";
import type { Settlement } from "./settlement.js";

/**
 * Which writes of a batch commitBatch looks up among those stored before. A lookup costs every batch, so it begins with the least:
 *
 * | check    | writes looked up                                    | run                                                   |
 * | -------- | --------------------------------------------------- | ----------------------------------------------------- |
 * | `setups` | setups, by the id of their session                  | the first                                             |
 * | `resent` | setups, and messages with an id that a client chose | again, after the first failed: on an id stored before |
 * | `all`    | every setup and message                             | again, after a commit whose result is unknown         |
 */
export type DuplicateCheck = "setups" | "resent" | "all";

/**
 * Writes a batch inside one open transaction, and returns what becomes of each write once that is committed, in their order.
 * A batch must not hold an identity twice: see {@link identityOf}.
 *
 * @param check which writes to look up among those stored before. A batch with a stored write that is not looked up fails on the
 *   unique index of ids; run it again with a wider check.
 * @throws DatabaseError `altered_rows` if the database did not store the rows as they were written.
 */
export async function commitBatch(
  engine: Engine,
  manager: EntityManager,
  batch: readonly Write[],
  check: DuplicateCheck,
): Promise<Settlement[]> {
  const setups = batch.filter((write) => write.kind === "session");
  // The first statement is a write: it takes the lock, so that nothing read below can change before the commit.
  const masters = await reserveSeqs(engine, manager, batch);
  const begun = await beginSessions(manager, setups);
  const missing = batch.flatMap((write) => (write.kind === "session" ? [] : (write.sessionId ?? [])));
  const deleted = await refuseDeleted(
    manager,
    begun,
    [...new Set(missing)].filter((id) => !masters.has(id)),
  );
  const known = await findMasters(
    manager,
    setups.map(({ session }) => session.id).filter((id) => !begun.has(id)),
  );
  const earlier = await findEarlier(manager, check === "setups" ? setups : batch, masters, known, check);
  const trials = await countTrials(
    manager,
    [...earlier.values()].map((message) => message.unique_id),
  );
  const resent = new Set<Write>();
  for (const [write, before] of earlier) {
    if (await isResent(manager, write.message, before)) resent.add(write);
  }

  const messages: NewMessage[] = [];
  const rejections: NewRejection[] = [];
  const resumes: StoredResume[] = [];
  const settlements = batch.map((write): (() => Settlement) => {
    const reject = (rejection: RejectionWrite) => {
      const id = rejection.sessionId ?? "";
      const masterId = masters.get(id)?.uniqueId ?? known.get(id) ?? null;
      // Of a participant who withdrew nothing is stored that arrives late.
      const isDeleted = rejection.code === "deleted" || deleted.has(id);
      rejections.push({ rejection: isDeleted ? withoutContent(rejection) : rejection, masterId });
      return () => ({ kind: "rejected", code: rejection.code, reason: rejection.reason }) as const;
    };
    if (write.kind === "rejection") return reject(write);
    const sessionId = sessionOf(write);
    const before = earlier.get(write);
    if (before !== undefined) {
      if (!resent.has(write)) return reject(conflict(write));
      const isDuplicate = write.kind === "session" || write.message.mayBeResent;
      const message = { ...asStored(before, sessionId, trials.get(before.unique_id) ?? 0), isDuplicate };
      noteResume(write, before.master_table_id, before.seq);
      return () => ({ kind: "stored", message: withEarlierDigests(message, write) });
    }
    const master = (write.kind === "session" ? begun : masters).get(sessionId);
    if (master === undefined) {
      if (deleted.has(sessionId)) return reject(deletedSession(write));
      // A new session that was neither begun nor there before.
      if (write.kind === "session" && !known.has(sessionId)) throw alteredRows("master");
      return reject(unknownSession(write));
    }
    const message = chain(write, master);
    messages.push(message);
    noteResume(write, master.uniqueId, message.seq);
    return () => ({ kind: "stored", message: withEarlierDigests(stored(message), write) });
  });

  await writeEnds(manager, [...masters.values(), ...begun.values()]);
  await insertMessages(manager, messages);
  await insertRejections(manager, rejections);
  const earlierDigests = await readEarlierDigests(manager, resumes);
  return settlements.map((settle) => settle());

  function noteResume(write: SessionWrite | MessageWrite, masterId: number, seq: number) {
    if (write.kind === "message" && write.knownSeq !== undefined) resumes.push({ write, masterId, seq });
  }

  function withEarlierDigests(message: StoredMessage, write: SessionWrite | MessageWrite): StoredMessage {
    const digests = earlierDigests.get(write);
    return digests === undefined ? message : { ...message, earlierDigests: digests };
  }
}

/** Gives a message its place in its session: the next seq, and the digest that chains it to those before. */
function chain(write: SessionWrite | MessageWrite, master: MasterRow): NewMessage {
  const { id, type, frame, receivedAt } = write.message;
  const time = columnTime(receivedAt);
  const seq = master.nextSeq++;
  const digest = digestMessage(master.digest, { seq, id, type, contents: frame, time });
  master.digest = digest;
  return { write, time, masterId: master.uniqueId, seq, digest, replayId: 0 };
}

/** What a batch holds at most once: a session's id, or a message's id in its session. */
export function identityOf(write: Write): string | undefined {
  if (write.kind === "rejection") return undefined;
  return write.kind === "session" ? write.session.id : `${write.sessionId} ${write.message.id}`;
}

/** A message as a rejection: its frame is stored, but not as a message of its session. */
export function rejectionOf(
  write: SessionWrite | MessageWrite,
  code: ErrorCode,
  reason: string,
): RejectionWrite {
  const { frame, peer, receivedAt } = write.message;
  return {
    kind: "rejection",
    code,
    reason,
    peer,
    contents: frame,
    length: frame.length,
    receivedAt,
    sessionId: sessionOf(write),
  };
}

function sessionOf(write: SessionWrite | MessageWrite): string {
  return write.kind === "session" ? write.session.id : write.sessionId;
}

function conflict(write: SessionWrite | MessageWrite): RejectionWrite {
  const reason =
    write.kind === "session"
      ? `The session ${write.session.id} was begun before, by a setup with other content; choose another id.`
      : `The id ${write.message.id} was used before in this session, for a message with other content; choose another.`;
  return rejectionOf(write, "conflict", reason);
}

function deletedSession(write: SessionWrite | MessageWrite): RejectionWrite {
  return rejectionOf(write, "deleted", describeDeleted(sessionOf(write)));
}

function withoutContent(rejection: RejectionWrite): RejectionWrite {
  return { ...rejection, contents: null, peer: null };
}

function unknownSession(write: SessionWrite | MessageWrite): RejectionWrite {
  return rejectionOf(
    write,
    "unknown_session",
    `There is no session ${sessionOf(write)}; send a setup to begin one.`,
  );
}

/** The messages of the batch whose session or id was stored before. */
async function findEarlier(
  manager: EntityManager,
  batch: readonly Write[],
  masters: ReadonlyMap<string, MasterRow>,
  known: ReadonlyMap<string, number>,
  check: DuplicateCheck,
): Promise<Map<SessionWrite | MessageWrite, EarlierMessage>> {
  const candidates = new Map<string, SessionWrite | MessageWrite>();
  const idsOfMaster = new Map<number, string[]>();
  for (const write of batch) {
    if (write.kind === "session") {
      const master = known.get(write.session.id);
      if (master !== undefined) candidates.set(String(master), write);
    } else if (write.kind === "message" && (check === "all" || write.message.mayBeResent)) {
      const master = masters.get(write.sessionId)?.uniqueId;
      if (master === undefined) continue;
      candidates.set(`${master} ${write.message.id}`, write);
      const ids = idsOfMaster.get(master);
      if (ids === undefined) idsOfMaster.set(master, [write.message.id]);
      else ids.push(write.message.id);
    }
  }
  const earlier = new Map<SessionWrite | MessageWrite, EarlierMessage>();
  const note = (identity: string, message: EarlierMessage) => {
    const write = candidates.get(identity);
    if (write !== undefined) earlier.set(write, message);
  };
  for (const row of await findById(manager, idsOfMaster))
    note(`${row.master_table_id} ${row.message_id}`, row);
  for (const row of await findFirst(manager, [...known.values()])) note(String(row.master_table_id), row);
  return earlier;
}

function stored({ write, seq, digest, replayId }: NewMessage): StoredMessage {
  return {
    id: write.message.id,
    sessionId: sessionOf(write),
    seq,
    replayId,
    receivedAt: write.message.receivedAt,
    trials: write.kind === "message" ? write.trials.length : 0,
    derivationError: write.kind === "message" ? write.derivationError : null,
    isDuplicate: false,
    digest,
  };
}
