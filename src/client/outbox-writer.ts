import type { Outbox, OutboxMessage, RejectedMessage } from "./outbox.js";

/** What an {@link OutboxWriter} tells. */
export interface OutboxWriterListener {
  /** The message may be sent: the outbox has it, or cannot have it. */
  onKept(message: OutboxMessage): void;
  /** Called for the first of several failures in a row. */
  onFailed(error: unknown): void;
}

/** Writes an outbox's changes one step at a time: what comes during one step goes together into the next. */
export class OutboxWriter {
  #added = new Map<string, OutboxMessage>();
  #removed = new Set<string>();
  #rejected: RejectedMessage[] = [];
  #dismissed: string[] = [];
  #isFailing = false;
  #writing: Promise<void> | undefined;

  constructor(
    readonly outbox: Outbox,
    readonly listener: OutboxWriterListener,
  ) {}

  add(message: OutboxMessage): void {
    this.#added.set(message.id, message);
    this.#start();
  }

  remove(id: string): void {
    this.#added.delete(id);
    this.#removed.add(id);
    this.#start();
  }

  reject(rejected: RejectedMessage): void {
    this.#rejected.push(rejected);
    this.remove(rejected.id);
  }

  dismiss(ids: readonly string[]): void {
    this.#dismissed.push(...ids);
    this.#start();
  }

  /** Writes what is still to be written, and closes the outbox. */
  async close(): Promise<void> {
    await this.#writing;
    if (this.#hasChanges) await this.#writeOnce();
    await this.outbox.close();
  }

  get #hasChanges(): boolean {
    return this.#added.size + this.#removed.size + this.#rejected.length + this.#dismissed.length > 0;
  }

  #start(): void {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async #writeAll(): Promise<void> {
    // What is added in one go is written in one step.
    await Promise.resolve();
    // After a failure the next change is the next attempt.
    while (this.#hasChanges && (await this.#writeOnce()));
  }

  /** Gives whether it could be written. */
  async #writeOnce(): Promise<boolean> {
    const [added, removed, rejected, dismissed] = [
      this.#added,
      this.#removed,
      this.#rejected,
      this.#dismissed,
    ];
    [this.#added, this.#removed, this.#rejected, this.#dismissed] = [new Map(), new Set(), [], []];
    try {
      await this.outbox.write({ added: [...added.values()], removed: [...removed], rejected, dismissed });
      this.#isFailing = false;
    } catch (error) {
      const still = [...added].filter(([id]) => !this.#removed.has(id));
      this.#added = new Map([...still, ...this.#added]);
      this.#removed = new Set([...removed, ...this.#removed]);
      this.#rejected.unshift(...rejected);
      this.#dismissed.unshift(...dismissed);
      if (!this.#isFailing) this.listener.onFailed(error);
      this.#isFailing = true;
    }
    for (const message of added.values()) this.listener.onKept(message);
    return !this.#isFailing;
  }
}
