import type { FastifyInstance } from "fastify";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { CommittedBatch } from "../database/index.js";
import { type ErrorCode, errorCodes, messageTypes } from "../protocol/index.js";
import { addProcessMetrics } from "./process-metrics.js";

/** Clients choose the types of their messages freely; those that the protocol does not know are counted together. */
const otherType = "other";
const knownTypes: ReadonlySet<string> = new Set(messageTypes);

/** What is not counted but looked at when somebody asks. */
export interface Observed {
  readonly queuedMessages: () => number;
  readonly queuedBytes: () => number;
  readonly clients: () => number;
  readonly replays: () => number;
  /** Free bytes on the disk; undefined where they cannot be seen from here. */
  readonly freeBytes: () => Promise<number | undefined>;
}

/**
 * What `GET /metrics` tells of one daemon, in Prometheus' words; docs/OPERATING.md lists it. Counts begin at 0 with the daemon. Counting
 * is done a commit at a time, for 1 to 25 µs; a message on its way is not touched.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #messages = this.#counter("messages_total", "Messages stored, by type.", "type");
  readonly #acknowledgements = this.#counter(
    "acknowledgements_total",
    "Messages said to be on disk: new ones, and duplicates that were stored before.",
    "kind",
  );
  readonly #rejected = this.#counter(
    "rejected_total",
    "Messages answered with an error, by its code.",
    "code",
  );
  readonly #batchMessages = this.#histogram(
    "batch_messages",
    "Messages that one transaction wrote.",
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
  );
  readonly #commitSeconds = this.#histogram(
    "commit_seconds",
    "From the begin of a transaction with messages to its commit.",
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  );
  readonly #queueFull = this.#counter(
    "queue_full_total",
    "Times that clients were paused because much waited.",
  );
  readonly #failures = this.#counter(
    "database_failures_total",
    "Times that the database failed and was closed.",
  );
  readonly #reopened = this.#counter("database_reopened_total", "Times that it was opened again after that.");

  constructor() {
    // A rate is only seen from the second value on; the first is to be there before anything happens.
    for (const type of [...messageTypes, otherType]) this.#messages.inc({ type }, 0);
    for (const kind of ["new", "duplicate"]) this.#acknowledgements.inc({ kind }, 0);
    for (const code of errorCodes) this.#rejected.inc({ code }, 0);
    addProcessMetrics(this.#registry);
  }

  /** Counts what a commit has put on disk. */
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

  /** Counts a message that could not be written, and was answered so. */
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

  /** Adds `GET /metrics`. */
  serve(http: FastifyInstance, observed: Observed): void {
    this.#gauge("queue_messages", "Messages that wait to be written.", observed.queuedMessages);
    this.#gauge("queue_bytes", "Memory that these take.", observed.queuedBytes);
    this.#gauge("clients", "Clients that are connected.", observed.clients);
    this.#gauge("replays", "Replays over WebSocket that are under way.", observed.replays);
    this.#gauge("disk_free_bytes", "Free space on the disk of the SQLite file.", async () => {
      // Where it cannot be seen it is no number: 0 would raise an alarm.
      return (await observed.freeBytes()) ?? NaN;
    });
    http.get("/metrics", async (_request, reply) =>
      reply.type(this.#registry.contentType).send(await this.#registry.metrics()),
    );
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
