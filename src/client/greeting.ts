import type { ErrorReply, StoredReply } from "../protocol/index.js";
import { type Acknowledged, AcknowledgedMessages } from "./acknowledged.js";
import type { Stamp } from "./clock/client-clock.js";
import { ClientError } from "./client-error.js";
import type { Sendable } from "./connection.js";
import type { Events } from "./events.js";
import { type FrameCoding, encodeRequest } from "./frame.js";
import type { OutboxMessage } from "./outbox/outbox.js";
import type { SessionState } from "./session-state.js";
import { makeUuid } from "./uuid.js";

/** Bytes of acknowledged messages that stay in memory, in case the daemon loses them. */
const maximumAcknowledgedBytes = 16 * 1024 * 1024;

/** A question on its way whether the daemon still has a session: a resume, or the last message of a finished session again. */
export interface Resume {
  readonly resumed: SessionState;
  /** Whether it belongs to the greeting, during which no message is on its way. */
  readonly isGreeting: boolean;
  /** The newest message that the daemon had acknowledged when it was asked; seq 0 if there is none. */
  readonly known: Known;
  /** The message that was sent again, of a finished session. */
  readonly repeated?: Acknowledged;
}

/** A message that the daemon acknowledged, by what identifies it. */
interface Known {
  readonly seq: number;
  readonly digest: string | undefined;
}

/** What a greeting asks of the delivery. */
export interface GreetingActions {
  /** The time of a new request. */
  stamp(): Stamp;
  send(request: Sendable, resume: Resume): void;
  /** Puts lost messages of a session before its waiting ones. */
  requeue(state: SessionState, lost: readonly OutboxMessage[]): void;
  /** Ends the connection; the next one begins with a greeting. */
  reconnect(reason: string): void;
}

/**
 * The round of questions at the beginning of a connection. It compares the digest that the daemon has of each session's newest message
 * with the one that it acknowledged, and sends again what the daemon has lost: its database may have been put back from a backup, and
 * have as many messages as before again.
 */
export class Greeting {
  readonly acknowledged = new AcknowledgedMessages(maximumAcknowledgedBytes);

  constructor(
    readonly coding: FrameCoding,
    readonly events: Events,
    readonly actions: GreetingActions,
  ) {}

  /** Resumes each session that goes on, and asks about each finished one whose messages are still in memory. */
  begin(sessions: Iterable<SessionState>): void {
    for (const state of sessions) {
      const goesOn = state.isCommitted && (!state.isFinished || state.pending > 0);
      if (goesOn || state.resuming.length > 0) this.resume(state, true);
      else if (state.isCommitted) this.#repeatNewest(state);
    }
  }

  resume(state: SessionState, isGreeting: boolean): void {
    const [id, type] = [makeUuid(), "resume"];
    const known = { seq: state.highestSeq, digest: state.digest };
    const asked = known.digest === undefined ? {} : { known_seq: known.seq };
    const request = { type, message: { session: state.id, ...asked }, id, ...this.actions.stamp() };
    const frame = encodeRequest(request, this.coding);
    this.actions.send({ id, type, frame }, { resumed: state, isGreeting, known });
  }

  settle(resume: Resume, reply: StoredReply | ErrorReply): void {
    const { resumed: state, isGreeting, known, repeated } = resume;
    const keptUpTo = reply.ok ? this.#findLoss(resume, reply) : undefined;
    const isGone = !reply.ok && reply.code === "unknown_session" && state.isCommitted;
    if (!isGreeting && (keptUpTo !== undefined || isGone)) {
      // While messages are on their way nothing may be put before them: the next greeting asks again, for what was known then.
      state.noteEnd(known.seq, known.digest);
      this.actions.reconnect("the daemon has lost messages of a session");
      return;
    }
    const waiting = state.resuming.splice(0);
    if (reply.ok) {
      const lastSeq = repeated !== undefined && reply.duplicate === true ? reply.seq : reply.seq - 1;
      if (keptUpTo !== undefined) this.#resendLost(state, keptUpTo, lastSeq);
      state.isCommitted = true;
      // The daemon has a session under this id, and it is the one to go on with.
      state.refusal = undefined;
      state.noteEnd(reply.seq, reply.digest);
      for (const { resolve } of waiting) resolve();
      return;
    }
    for (const { reject } of waiting) reject(new ClientError(reply.code, reply.server_error));
    if (reply.code === "deleted") {
      // Asking about it again would only be refused again, and what it still has must not come back.
      state.forget();
      this.acknowledged.takeAfter(state.id, 0);
    }
    if (!isGone) return;
    state.isCommitted = false;
    this.#resendLost(state, 0, 0);
    state.noteEnd(0, undefined);
  }

  /** Sends the newest message of a finished session again: a daemon that has it answers with its digest, and stores nothing. */
  #repeatNewest(state: SessionState): void {
    const repeated = this.acknowledged.newest(state.id);
    if (repeated === undefined) return;
    this.actions.send(repeated.message, {
      resumed: state,
      isGreeting: true,
      known: { seq: 0, digest: undefined },
      repeated,
    });
  }

  /**
   * Compares what the daemon has of a session with what it acknowledged.
   *
   * @returns undefined if nothing is lost; otherwise the seq up to which the daemon surely has the messages of this client.
   */
  #findLoss({ resumed: state, known, repeated }: Resume, reply: StoredReply): number | undefined {
    if (repeated !== undefined)
      return reply.duplicate === true && reply.digest === repeated.digest ? undefined : 0;
    const lastSeq = reply.seq - 1;
    const digests = reply as Partial<ResumeDigests>;
    if (known.digest === undefined || digests.last_digest === undefined)
      return lastSeq < known.seq ? lastSeq : undefined;
    if (digests.known_digest === known.digest) return undefined;
    const isPrefix = this.acknowledged.find(state.id, lastSeq)?.digest === digests.last_digest;
    return isPrefix ? lastSeq : 0;
  }

  /**
   * Reports that the daemon has lost messages of a session, and requeues those still in memory ahead of the waiting ones. Those that the
   * daemon has after all are answered as duplicates.
   *
   * @param keptUpTo the seq up to which the daemon surely has the messages.
   * @param lastSeq the seq of the last message that it has; 0 if it does not have the session.
   */
  #resendLost(state: SessionState, keptUpTo: number, lastSeq: number): void {
    const lost = this.acknowledged.takeAfter(state.id, keptUpTo);
    if (lastSeq === 0 && state.setup !== undefined) lost.unshift(state.setup);
    this.actions.requeue(state, lost);
    this.events.emit("data-loss", {
      session: state.id,
      acknowledgedSeq: state.highestSeq,
      lastSeq,
      sentAgain: lost.length,
    });
  }
}

/** The digests in the reply to a resume. */
interface ResumeDigests {
  readonly last_digest: string;
  readonly known_digest: string | null;
}
