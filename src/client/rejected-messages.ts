import type { Events } from "./events.js";
import type { OutboxMessage, RejectedMessage, RejectionCode } from "./outbox/outbox.js";
import type { OutboxWriter } from "./outbox/outbox-writer.js";

/** The messages that the daemon refused, kept for the user until they are dismissed. */
export class RejectedMessages {
  readonly #messages = new Map<string, RejectedMessage>();

  constructor(
    readonly writer: OutboxWriter,
    readonly events: Events,
  ) {}

  /** Begins with the messages that the outbox has. */
  restore(messages: readonly RejectedMessage[]): void {
    for (const message of messages) this.#messages.set(message.id, message);
  }

  get list(): RejectedMessage[] {
    return [...this.#messages.values()];
  }

  /** Keeps a refused message and reports it. */
  add(message: OutboxMessage, code: RejectionCode, reason: string, stored: boolean): RejectedMessage {
    const rejected: RejectedMessage = { ...message, code, reason, stored, rejectedAt: Date.now() };
    this.#messages.set(message.id, rejected);
    this.writer.reject(rejected);
    this.events.emit("rejected", rejected);
    return rejected;
  }

  dismiss(ids: readonly string[]): void {
    for (const id of ids) this.#messages.delete(id);
    this.writer.dismiss(ids);
  }
}
