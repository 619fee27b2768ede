import { hash } from "node:crypto";

/** A message as it was acknowledged. */
export interface Acknowledged {
  readonly id: string;
  readonly digest: string;
}

/** What a session's clients sent, and what of it was acknowledged. */
export interface SessionLedger {
  /** What was ever sent, by its id: the digest of its frame. */
  readonly sent: Map<string, string>;
  /** What was acknowledged, by its seq. */
  readonly acknowledged: Map<number, Acknowledged>;
  /** Where each was acknowledged, by its id. */
  readonly seqs: Map<string, number>;
}

/** What clients wrote down: all that they sent and all that was acknowledged to them. */
export class Ledger {
  readonly sessions = new Map<string, SessionLedger>();
  /** How many messages were acknowledged, each counted once. */
  acknowledged = 0;
  /** How many replies said that the database cannot be written now. */
  unavailable = 0;
  /** Replies that contradict each other or what was asked, a sentence each. */
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

  /** Notes that a message is in the database; it may have been said before, and then in the same words. */
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

  /** The highest seq that was acknowledged in a session, 0 where none was. */
  highestSeq(session: string): number {
    let highest = 0;
    for (const seq of this.session(session).acknowledged.keys()) highest = Math.max(highest, seq);
    return highest;
  }
}

/** What two frames have in common when they are the same, and otherwise not. */
export function digestOf(frame: string | Uint8Array): string {
  return hash("sha1", frame, "base64");
}
