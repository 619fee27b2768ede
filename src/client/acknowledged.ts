import type { OutboxMessage } from "./outbox/outbox.js";

/** What was acknowledged last, in case the daemon loses it: as many bytes of it as may be kept in memory. */
export class AcknowledgedMessages {
  #kept: { readonly message: OutboxMessage; readonly seq: number }[] = [];
  #bytes = 0;

  constructor(readonly maximumBytes: number) {}

  keep(message: OutboxMessage, seq: number): void {
    this.#kept.push({ message, seq });
    this.#bytes += message.frame.length;
    if (this.#bytes <= this.maximumBytes) return;
    // A quarter at once: cutting the list costs its whole length.
    let count = 0;
    while (this.#bytes > 0.75 * this.maximumBytes) {
      this.#bytes -= this.#kept[count]?.message.frame.length ?? 0;
      count += 1;
    }
    this.#kept.splice(0, count);
  }

  /** Takes out what a session had acknowledged after a seq, in the order of the seqs. */
  takeAfter(session: string, seq: number): OutboxMessage[] {
    const isTaken = (one: { message: OutboxMessage; seq: number }) =>
      one.message.session === session && one.seq > seq;
    const taken = this.#kept.filter(isTaken);
    this.#kept = this.#kept.filter((one) => !isTaken(one));
    for (const { message } of taken) this.#bytes -= message.frame.length;
    return taken.sort((a, b) => a.seq - b.seq).map(({ message }) => message);
  }
}
