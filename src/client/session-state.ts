import type { OutboxMessage } from "./outbox.js";

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
  #emptied: (() => void)[] = [];

  constructor(readonly id: string) {}

  /** One of its messages waits no more. */
  settleOne(): void {
    this.pending -= 1;
    if (this.pending === 0) for (const resolve of this.#emptied.splice(0)) resolve();
  }

  async whenEmpty(): Promise<void> {
    if (this.pending > 0) await new Promise<void>((resolve) => this.#emptied.push(resolve));
  }
}
