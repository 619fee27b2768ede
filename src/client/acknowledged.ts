import type { OutboxMessage } from "./outbox/outbox.js";

/** An acknowledged message. */
export interface Acknowledged {
  readonly message: OutboxMessage;
  readonly seq: number;
  /** Undefined if the daemon is too old to send digests. */
  readonly digest: string | undefined;
}

/** The newest acknowledged messages, in case the daemon loses them; bounded in bytes. */
export class AcknowledgedMessages {
  #kept: Acknowledged[] = [];
  #bytes = 0;

  constructor(readonly maximumBytes: number) {}

  keep(acknowledged: Acknowledged): void {
    this.#kept.push(acknowledged);
    this.#bytes += acknowledged.message.frame.length;
    if (this.#bytes <= this.maximumBytes) return;
    // Drop a quarter at once: each cut copies the whole list.
    let count = 0;
    while (this.#bytes > 0.75 * this.maximumBytes) {
      this.#bytes -= this.#kept[count]?.message.frame.length ?? 0;
      count += 1;
    }
    this.#kept.splice(0, count);
  }

  /** The message of a session with this seq; undefined if it is not kept. */
  find(session: string, seq: number): Acknowledged | undefined {
    return this.#kept.find((one) => one.message.session === session && one.seq === seq);
  }

  /** The newest message of a session; undefined if none is kept. */
  newest(session: string): Acknowledged | undefined {
    return this.#kept.findLast((one) => one.message.session === session);
  }

  /** Removes and returns a session's messages after a seq, in the order of their seqs. */
  takeAfter(session: string, seq: number): OutboxMessage[] {
    const isTaken = (one: Acknowledged) => one.message.session === session && one.seq > seq;
    const taken = this.#kept.filter(isTaken);
    this.#kept = this.#kept.filter((one) => !isTaken(one));
    for (const { message } of taken) this.#bytes -= message.frame.length;
    return taken.sort((a, b) => a.seq - b.seq).map(({ message }) => message);
  }
}
