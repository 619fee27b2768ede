import type { ErrorReply, StoredReply } from "../protocol/index.js";
import { AcknowledgedMessages } from "./acknowledged.js";
import { ClientError } from "./client-error.js";
import type { Sendable } from "./connection.js";
import type { Events } from "./events.js";
import { type FrameCoding, encodeRequest } from "./frame.js";
import type { OutboxMessage } from "./outbox/outbox.js";
import type { SessionState } from "./session-state.js";
import { makeUuid } from "./uuid.js";

/** Bytes of acknowledged messages that stay in memory, in case the daemon loses them. */
const maximumAcknowledgedBytes = 16 * 1024 * 1024;

/** A resume on its way. */
export interface Resume {
  readonly resumed: SessionState;
  /** Whether it belongs to the greeting, during which no message is on its way. */
  readonly isGreeting: boolean;
}

/** What a greeting asks of the delivery. */
export interface GreetingActions {
  send(request: Sendable, resume: Resume): void;
  /** Puts lost messages of a session before its waiting ones. */
  requeue(state: SessionState, lost: readonly OutboxMessage[]): void;
}

/**
 * The round of resumes at the beginning of a connection. It compares the last seq that the daemon has of each session with the highest
 * one that the daemon acknowledged, and sends again what the daemon has lost.
 */
export class Greeting {
  readonly acknowledged = new AcknowledgedMessages(maximumAcknowledgedBytes);

  constructor(
    readonly coding: FrameCoding,
    readonly events: Events,
    readonly actions: GreetingActions,
  ) {}

  /** Resumes each session that goes on. */
  begin(sessions: Iterable<SessionState>): void {
    for (const state of sessions) {
      const goesOn = state.isCommitted && (!state.isFinished || state.pending > 0);
      if (goesOn || state.resuming.length > 0) this.resume(state, true);
    }
  }

  resume(state: SessionState, isGreeting: boolean): void {
    const [id, type] = [makeUuid(), "resume"];
    const request = { type, message: { session: state.id }, id, sent_at: Date.now() };
    const frame = encodeRequest(request, this.coding);
    this.actions.send({ id, type, frame }, { resumed: state, isGreeting });
  }

  settle({ resumed: state, isGreeting }: Resume, reply: StoredReply | ErrorReply): void {
    const waiting = state.resuming.splice(0);
    if (reply.ok) {
      const lastSeq = "last_seq" in reply ? reply.last_seq : reply.seq - 1;
      if (isGreeting && lastSeq < state.highestSeq) this.#resendLost(state, lastSeq);
      state.isCommitted = true;
      // The daemon has a session under this id, and it is the one to go on with.
      state.refusal = undefined;
      state.highestSeq = reply.seq;
      for (const { resolve } of waiting) resolve();
      return;
    }
    for (const { reject } of waiting) reject(new ClientError(reply.code, reply.server_error));
    // While messages are on their way nothing may be put before them; the next greeting will.
    if (!isGreeting || !state.isCommitted || reply.code !== "unknown_session") return;
    state.isCommitted = false;
    this.#resendLost(state, 0);
    state.highestSeq = 0;
  }

  /** Reports that the daemon has lost messages of a session, and requeues those still in memory ahead of the waiting ones. */
  #resendLost(state: SessionState, lastSeq: number): void {
    const lost = this.acknowledged.takeAfter(state.id, lastSeq);
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
