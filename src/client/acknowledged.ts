import type { OutboxMessage } from "./outbox/outbox.js";

/** The newest acknowledged messages, in case the daemon loses them; bounded in bytes. */
export class AcknowledgedMessages {
  #kept: { readonly message: OutboxMessage; readonly seq: number }[] = [];
  #bytes = 0;

  constructor(readonly maximumBytes: number) {}

  keep(message: OutboxMessage, seq: number): void {
    this.#kept.push({ message, seq });
    this.#bytes += message.frame.length;
    if (this.#bytes <= this.maximumBytes) return;
    // Drop a quarter at once: each cut copies the whole list.
    let count = 0;
    while (this.#bytes > 0.75 * this.maximumBytes) {
      this.#bytes -= this.#kept[count]?.message.frame.length ?? 0;
      count += 1;
    }
    this.#kept.splice(0, count);
  }

  /** Removes and returns a session's messages after a seq, in the order of their seqs. */
  takeAfter(session: string, seq: number): OutboxMessage[] {
    const isTaken = (one: { message: OutboxMessage; seq: number }) =>
      one.message.session === session && one.seq > seq;
    const taken = this.#kept.filter(isTaken);
    this.#kept = this.#kept.filter((one) => !isTaken(one));
    for (const { message } of taken) this.#bytes -= message.frame.length;
    return taken.sort((a, b) => a.seq - b.seq).map(({ message }) => message);
  }
}
