import type { StoredReply } from "../../protocol/index.js";
import type { OutboxMessage } from "../outbox/outbox.js";

/** A message that has not been acknowledged yet. */
export class Pending {
  /** Whether the outbox has it, so that it may be sent. */
  isKept = false;
  /** How often the daemon ended or fell silent while this message alone was on its way. */
  deaths: number;
  resolve!: (reply: StoredReply) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<StoredReply>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor(readonly message: OutboxMessage) {
    this.deaths = message.deaths ?? 0;
    // A message need not be awaited: events report the result too.
    this.promise.catch(() => undefined);
  }
}
