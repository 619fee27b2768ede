import type { OutboxMessage } from "./outbox/outbox.js";

/** What the client knows of a session. */
export class SessionState {
  /** How many of its messages wait for their acknowledgement. */
  pending = 0;
  /** The highest seq that was acknowledged. */
  highestSeq = 0;
  /** Whether the daemon has it. */
  isCommitted = false;
  /** Whether its exit was the last that was acknowledged: it is not resumed without need. */
  isFinished = false;
  /** Why its setup was refused. */
  refusal: string | undefined;
  /** Its setup, if this client made it: where the daemon has lost the session, it is begun again. */
  setup: OutboxMessage | undefined;
  /** Those who wait for the daemon to say that it has the session. */
  resuming: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #emptied: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #end: Error | undefined;

  constructor(readonly id: string) {}

  /** One of its messages waits no more. */
  settleOne(): void {
    this.pending -= 1;
    if (this.pending === 0) for (const { resolve } of this.#emptied.splice(0)) resolve();
  }

  /** Resolves when none of its messages waits; rejects when the client is closed before. */
  async whenEmpty(): Promise<void> {
    if (this.pending === 0) return;
    if (this.#end !== undefined) throw this.#end;
    await new Promise<void>((resolve, reject) => this.#emptied.push({ resolve, reject }));
  }

  /** Nothing of what is waited for will come. */
  end(error: Error): void {
    this.#end = error;
    for (const { reject } of [...this.resuming.splice(0), ...this.#emptied.splice(0)]) reject(error);
  }
}
