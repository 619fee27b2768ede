import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CommittedBatch } from "../../database/index.js";
import { type ErrorCode, errorCodes, messageTypes } from "../../protocol/index.js";
import { addProcessMetrics } from "./process-metrics.js";

/** The label of every type that the protocol does not know: clients choose types freely, and each would make a new label. */
const otherType = "other";
const knownTypes: ReadonlySet<string> = new Set(messageTypes);

/** Values that are read at the scrape. */
export interface Observed {
  readonly queuedMessages: () => number;
  readonly queuedBytes: () => number;
  readonly clients: () => number;
  readonly replays: () => number;
  /** Free bytes on the disk; undefined if they cannot be seen from here. */
  readonly freeBytes: () => Promise<number | undefined>;
  /** Bytes of SQLite's write-ahead log; undefined without one. */
  readonly walBytes: () => Promise<number | undefined>;
}

/**
 * The metrics of one daemon; docs/OPERATING.md lists them. Counts begin at 0 with the daemon. Counting takes 1 to 25 µs a commit,
 * and nothing for each message.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #messages = this.#counter("messages_total", "Messages stored, by type.", "type");
  readonly #acknowledgements = this.#counter(
    "acknowledgements_total",
    "Messages acknowledged as stored: new ones, and duplicates that were stored before.",
    "kind",
  );
  readonly #rejected = this.#counter("rejected_total", "Messages answered with an error, by code.", "code");
  readonly #batchMessages = this.#histogram(
    "batch_messages",
    "Messages written per transaction.",
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  );
  readonly #commitSeconds = this.#histogram(
    "commit_seconds",
    "Duration of a write transaction, begin to commit.",
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly #queueFull = this.#counter(
    "queue_full_total",
    "Times the write queue was full and clients were paused.",
  );
  readonly #failures = this.#counter("database_failures_total", "Times the database failed and was closed.");
  readonly #reopened = this.#counter(
    "database_reopened_total",
    "Times the database was reopened after a failure.",
  );

  constructor(version: string) {
    new Gauge({
      name: "telltale_build_info",
      help: "Always 1; the version of telltale is its label.",
      labelNames: ["version"],
      registers: [this.#registry],
    }).set({ version }, 1);
    // A rate needs two values, so the first must be there before anything happens.
    for (const type of [...messageTypes, otherType]) this.#messages.inc({ type }, 0);
    for (const kind of ["new", "duplicate"]) this.#acknowledgements.inc({ kind }, 0);
    for (const code of errorCodes) this.#rejected.inc({ code }, 0);
    addProcessMetrics(this.#registry);
  }

  /** Counts the writes of a commit. */
  countCommit({ writes, settlements, elapsedMs }: CommittedBatch): void {
    this.#batchMessages.observe(writes.length);
    this.#commitSeconds.observe(elapsedMs / 1000);
    const stored = new Map<string, number>();
    const rejected = new Map<ErrorCode, number>();
    let duplicates = 0;
    settlements.forEach((settlement, index) => {
      if (settlement.kind === "rejected") {
        add(rejected, settlement.code);
        return;
      }
      if (settlement.message.derivationError !== null) add(rejected, "underivable");
      if (settlement.message.isDuplicate) duplicates += 1;
      else add(stored, typeOf(writes[index]));
    });
    let fresh = 0;
    for (const [type, count] of stored) {
      this.#messages.inc({ type }, count);
      fresh += count;
    }
    if (fresh > 0) this.#acknowledgements.inc({ kind: "new" }, fresh);
    if (duplicates > 0) this.#acknowledgements.inc({ kind: "duplicate" }, duplicates);
    for (const [code, count] of rejected) this.#rejected.inc({ code }, count);
  }

  /** Counts a message that was answered `unavailable`. */
  countUnavailable(): void {
    this.#rejected.inc({ code: "unavailable" });
  }

  countQueueFull(): void {
    this.#queueFull.inc();
  }

  countFailure(): void {
    this.#failures.inc();
  }

  countReopen(): void {
    this.#reopened.inc();
  }

  /** Adds the values that are read at the scrape. */
  observe(observed: Observed): void {
    this.#gauge("queue_messages", "Messages waiting to be written.", observed.queuedMessages);
    this.#gauge("queue_bytes", "Memory of the messages waiting to be written.", observed.queuedBytes);
    this.#gauge("clients", "Clients connected.", observed.clients);
    this.#gauge("replays", "Replays over WebSocket in progress.", observed.replays);
    this.#gauge("disk_free_bytes", "Free space on the disk of the SQLite file; NaN if unknown.", async () => {
      // 0 would raise an alarm.
      return (await observed.freeBytes()) ?? NaN;
    });
    this.#gauge(
      "wal_bytes",
      "Size of SQLite's write-ahead log; NaN without one.",
      async () => (await observed.walBytes()) ?? NaN,
    );
  }

  /** The media type of {@link write}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Returns all metrics in Prometheus' text format. */
  write(): Promise<string> {
    return this.#registry.metrics();
  }

  #counter<Label extends string = never>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name: `telltale_${name}`, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[]): Histogram {
    return new Histogram({ name: `telltale_${name}`, help, buckets, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, look: () => number | Promise<number>): void {
    new Gauge({
      name: `telltale_${name}`,
      help,
      registers: [this.#registry],
      async collect() {
        this.set(await look());
      },
    });
  }
}

function typeOf(write: CommittedBatch["writes"][number] | undefined): string {
  const type = write === undefined || write.kind === "rejection" ? otherType : write.message.type;
  return knownTypes.has(type) ? type : otherType;
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
