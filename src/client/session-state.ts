import type { OutboxMessage } from "./outbox/outbox.js";

/** The state of a session, as far as the client knows it. */
export class SessionState {
  /** The number of its messages that are not acknowledged yet. */
  pending = 0;
  /** The highest acknowledged seq. */
  highestSeq = 0;
  /** The digest of the message with that seq; undefined if it is not known. */
  digest: string | undefined;
  /** Whether the daemon has the session. */
  isCommitted = false;
  /** Whether an exit was acknowledged last; such a session is resumed only if messages wait for it. */
  isFinished = false;
  /** Why its setup was refused. */
  refusal: string | undefined;
  /** Its setup, if this client sent it: begins the session again if the daemon has lost it. */
  setup: OutboxMessage | undefined;
  /** Callers that wait for the daemon to confirm that it has the session. */
  resuming: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #emptied: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #end: Error | undefined;

  constructor(readonly id: string) {}

  /** Notes that the daemon has a message. */
  noteStored(seq: number, digest: string | undefined): void {
    if (seq < this.highestSeq) return;
    this.highestSeq = seq;
    this.digest = digest;
  }

  /** Records a message that the daemon has as the last one of its session, replacing what was known before. */
  noteEnd(seq: number, digest: string | undefined): void {
    this.highestSeq = seq;
    this.digest = digest;
  }

  /** Notes that the session was deleted: it is not asked about again. */
  forget(): void {
    this.isCommitted = false;
    this.setup = undefined;
    this.noteEnd(0, undefined);
  }

  /** Notes that one of its messages is acknowledged or refused. */
  settleOne(): void {
    this.pending -= 1;
    if (this.pending === 0) for (const { resolve } of this.#emptied.splice(0)) resolve();
  }

  /** Resolves when none of its messages waits; rejects if the client is closed before. */
  async whenEmpty(): Promise<void> {
    if (this.pending === 0) return;
    if (this.#end !== undefined) throw this.#end;
    await new Promise<void>((resolve, reject) => this.#emptied.push({ resolve, reject }));
  }

  /** Rejects everything that waits. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of [...this.resuming.splice(0), ...this.#emptied.splice(0)]) reject(error);
  }
}
