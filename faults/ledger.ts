import { hash } from "node:crypto";

/** An acknowledged message. */
export interface Acknowledged {
  readonly id: string;
  readonly digest: string;
}

/** The messages sent in a session, and their acknowledgements. */
export interface SessionLedger {
  /** The digest of every frame sent, by id. */
  readonly sent: Map<string, string>;
  /** Acknowledged messages, by seq. */
  readonly acknowledged: Map<number, Acknowledged>;
  /** The acknowledged seq of each message, by id. */
  readonly seqs: Map<string, number>;
}

/** The clients' record of all messages sent and all acknowledgements received. */
export class Ledger {
  readonly sessions = new Map<string, SessionLedger>();
  /** The number of acknowledged messages, each counted once. */
  acknowledged = 0;
  /** The number of `unavailable` replies. */
  unavailable = 0;
  /** Replies that contradict each other or their request, one sentence each. */
  readonly contradictions: string[] = [];

  session(id: string): SessionLedger {
    const known = this.sessions.get(id);
    if (known !== undefined) return known;
    const session: SessionLedger = { sent: new Map(), acknowledged: new Map(), seqs: new Map() };
    this.sessions.set(id, session);
    return session;
  }

  noteSent(session: string, id: string, frame: string | Uint8Array): void {
    this.session(session).sent.set(id, digestOf(frame));
  }

  /** Records an acknowledgement; a repeated one must be identical to the first. */
  noteAcknowledged(sessionId: string, id: string, seq: number): void {
    const session = this.session(sessionId);
    const before = session.seqs.get(id);
    const there = session.acknowledged.get(seq);
    if (before === undefined && there === undefined) {
      session.seqs.set(id, seq);
      session.acknowledged.set(seq, { id, digest: session.sent.get(id) ?? "" });
      this.acknowledged += 1;
    } else if (before !== seq || there?.id !== id) {
      this.contradictions.push(
        `${id} of ${sessionId} was acknowledged as ${seq}, where ${there?.id ?? "nothing"} is, and before as ${before ?? "nothing"}.`,
      );
    }
  }

  /** The highest acknowledged seq of a session; 0 if there is none. */
  highestSeq(session: string): number {
    let highest = 0;
    for (const seq of this.session(session).acknowledged.keys()) highest = Math.max(highest, seq);
    return highest;
  }
}

/** The digest of a frame: equal frames have equal digests, different frames different ones. */
export function digestOf(frame: string | Uint8Array): string {
  return hash("sha1", frame, "base64");
}
