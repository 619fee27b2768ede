import type { StoredReply } from "../protocol/reply.js";
import type { OutboxMessage } from "./outbox/outbox.js";

/** A message that waits for its acknowledgement. */
export class Pending {
  /** Whether it may be sent: the outbox has it. */
  isKept = false;
  resolve!: (reply: StoredReply) => void;
  reject!: (error: Error) => void;
  readonly promise = new Promise<StoredReply>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor(readonly message: OutboxMessage) {
    // Nobody need wait for a message; what becomes of it is told as an event too.
    this.promise.catch(() => undefined);
  }
}
