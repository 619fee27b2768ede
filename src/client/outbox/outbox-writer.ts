import type { Outbox, OutboxMessage, RejectedMessage } from "./outbox.js";

/** Receives what an {@link OutboxWriter} has done. */
export interface OutboxWriterListener {
  /** The message may be sent: the outbox has it, or cannot keep it. */
  onKept(message: OutboxMessage): void;
  /** Called for the first of several failures in a row. */
  onFailed(error: unknown): void;
}

/** The changes of one write. */
class Step {
  readonly added = new Map<string, OutboxMessage>();
  readonly removed = new Set<string>();
  readonly rejected: RejectedMessage[] = [];
  readonly dismissed: string[] = [];
  /** The deaths of messages, by id. */
  readonly suspected = new Map<string, number>();

  get isEmpty(): boolean {
    const changed = this.added.size + this.removed.size + this.suspected.size;
    return changed + this.rejected.length + this.dismissed.length === 0;
  }

  /** Merges the step after this one into this one. */
  follow({ added, removed, rejected, dismissed, suspected }: Step): void {
    for (const id of removed) {
      this.added.delete(id);
      this.removed.add(id);
    }
    for (const message of added.values()) this.added.set(message.id, message);
    this.rejected.push(...rejected);
    this.dismissed.push(...dismissed);
    for (const [id, deaths] of suspected) this.suspected.set(id, deaths);
  }
}

/** Writes an outbox's changes one step at a time: changes that arrive during one write go together into the next. */
export class OutboxWriter {
  #next = new Step();
  #isFailing = false;
  /** Whether the current write takes so long that messages no longer wait for it. */
  #isStuck = false;
  #writing: Promise<void> | undefined;

  constructor(
    readonly outbox: Outbox,
    readonly listener: OutboxWriterListener,
    /** How long messages wait for the outbox (a network drive may hang) before they are sent without it. */
    readonly writeWithinMs = 10_000,
  ) {}

  add(message: OutboxMessage): void {
    this.#next.added.set(message.id, message);
    this.#start();
    if (!this.#isStuck) return;
    queueMicrotask(() => {
      this.listener.onKept(message);
    });
  }

  remove(id: string): void {
    this.#next.added.delete(id);
    this.#next.removed.add(id);
    this.#start();
  }

  /** Notes how often the daemon ended or fell silent on a waiting message. */
  suspect(id: string, deaths: number): void {
    this.#next.suspected.set(id, deaths);
    this.#start();
  }

  reject(rejected: RejectedMessage): void {
    this.#next.rejected.push(rejected);
    this.remove(rejected.id);
  }

  dismiss(ids: readonly string[]): void {
    this.#next.dismissed.push(...ids);
    this.#start();
  }

  /** Tries a failed write again now instead of with the next change, and lets the outbox check that it is still there. */
  retry(): void {
    this.#start();
  }

  /** Writes the remaining changes and closes the outbox. Reports a failure once more: now these messages are lost. */
  async close(): Promise<void> {
    await this.#writing;
    this.#isFailing = false;
    if (!this.#next.isEmpty) await this.#writeOnce();
    await this.outbox.close();
  }

  #start(): void {
    this.#writing ??= this.#writeAll();
  }

  async #writeAll(): Promise<void> {
    // Changes made together are written in one step.
    await Promise.resolve();
    // After a failure the next change starts the next attempt.
    while ((await this.#writeOnce()) && !this.#next.isEmpty);
    this.#writing = undefined;
  }

  /** Returns whether the write succeeded. */
  async #writeOnce(): Promise<boolean> {
    const step = this.#next;
    this.#next = new Step();
    const { added, removed, rejected, dismissed } = step;
    const suspected = [...step.suspected].map(([id, deaths]) => ({ id, deaths }));
    const late = setTimeout(() => {
      this.#isStuck = true;
      this.#fail(new Error(`the outbox has not written for ${this.writeWithinMs / 1000} s`));
      for (const message of [...added.values(), ...this.#next.added.values()]) this.listener.onKept(message);
    }, this.writeWithinMs);
    try {
      const changes = { added: [...added.values()], removed: [...removed], rejected, dismissed, suspected };
      await this.outbox.write(changes);
      this.#isFailing = false;
    } catch (error) {
      step.follow(this.#next);
      this.#next = step;
      this.#fail(error);
    }
    clearTimeout(late);
    this.#isStuck = false;
    // After a failure these include the messages that arrived meanwhile.
    for (const message of added.values()) this.listener.onKept(message);
    return !this.#isFailing;
  }

  #fail(error: unknown): void {
    if (!this.#isFailing) this.listener.onFailed(error);
    this.#isFailing = true;
  }
}
