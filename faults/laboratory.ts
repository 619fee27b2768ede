import { copyFile, mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DaemonProcess, type DaemonProcessOptions } from "../harness/daemon-process.js";
import { isPostgres } from "../harness/engines.js";
import type { FaultContext } from "./fault.js";
import { Findings } from "./findings.js";
import { Ledger } from "./ledger.js";
import { LiveClient } from "./live-client.js";
import { verify } from "./verify.js";

/** The maximum time until clients make progress again when nothing blocks them. */
const goesOnWithinMs = 30_000;

export interface LaboratoryOptions {
  /** The database's location; by default a new file in the context's folder. */
  readonly location?: string;
  /** The number of clients; 6 by default. */
  readonly clients?: number;
  /** How long clients wait for a reply before they drop the connection. */
  readonly patienceMs?: number;
  /** Puts a proxy in front of a started daemon; returns the URL for the clients. */
  readonly putBefore?: (url: string) => Promise<string>;
  /** Default options for starting the daemon; a round may override them. */
  readonly daemon?: DaemonProcessOptions;
}

/** A database, one daemon at a time that uses it, and the clients of some experiments. */
export class Laboratory {
  readonly ledger = new Ledger();
  readonly findings = new Findings();
  readonly clients: readonly LiveClient[];
  #daemon: DaemonProcess | undefined;
  /** The URL that clients currently connect to. */
  #url: string | undefined;

  private constructor(
    readonly context: FaultContext,
    readonly folder: string,
    readonly location: string,
    readonly options: LaboratoryOptions,
  ) {
    this.clients = Array.from(
      { length: options.clients ?? 6 },
      (_, index) =>
        new LiveClient({
          name: String.fromCharCode("a".charCodeAt(0) + index),
          findUrl: () => this.#url,
          coding: index % 2 === 0 ? "json" : "messagepack",
          random: context.random.fork(`client ${index}`),
          ledger: this.ledger,
          patienceMs: options.patienceMs ?? 10_000,
        }),
    );
  }

  /** Starts a daemon and the clients; resolves when each client has an acknowledged message. */
  static async open(context: FaultContext, options: LaboratoryOptions = {}): Promise<Laboratory> {
    await mkdir(context.folder, { recursive: true });
    const folder = await mkdtemp(join(context.folder, "laboratory-"));
    const location = options.location ?? join(folder, "test.db");
    const laboratory = new Laboratory(context, folder, location, options);
    await laboratory.start();
    for (const client of laboratory.clients) client.start();
    await laboratory.untilGoingOn();
    return laboratory;
  }

  /** The running daemon. */
  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error("No daemon runs.");
    return this.#daemon;
  }

  /** Starts a daemon on the database; clients reconnect by themselves. */
  async start(options: DaemonProcessOptions = {}): Promise<void> {
    this.#daemon = await DaemonProcess.start(this.location, this.daemonOptions(options));
    const { url } = this.#daemon;
    this.#url = (await this.options.putBefore?.(url)) ?? url;
  }

  /** The options for starting a daemon. */
  daemonOptions(options: DaemonProcessOptions = {}): DaemonProcessOptions {
    const imports = [...this.context.imports, ...(options.imports ?? [])];
    return { ...this.options.daemon, ...options, imports };
  }

  /** Kills the daemon, whatever it is doing; its tracer ends with it. */
  async kill(): Promise<void> {
    const { daemon } = this;
    this.#daemon = undefined;
    this.#url = undefined;
    await daemon.end("SIGKILL");
  }

  /** Lets the clients work for a time; random between the two if two are given. */
  async work(leastMs: number, mostMs = leastMs): Promise<void> {
    await pause(this.context.random.whole(leastMs, mostMs));
  }

  /** Resolves when every client has a new acknowledged message; reports damage on a timeout. */
  async untilGoingOn(withinMs = goesOnWithinMs): Promise<void> {
    const count = (client: LiveClient) => this.ledger.session(client.session).acknowledged.size;
    const before = this.clients.map(count);
    const isGoingOn = () => this.clients.every((client, index) => count(client) > (before[index] ?? 0));
    if (!(await this.until(isGoingOn, withinMs)))
      this.findings.report(`At least one client got no acknowledgement within ${withinMs} ms.`);
  }

  /** Resolves to true when the condition holds, or to false on a timeout. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!condition()) {
      if (performance.now() > end) return false;
      await pause(2);
    }
    return true;
  }

  /** Disconnects the clients, kills the daemon, checks a copy of what it left on disk, and reconnects the clients. */
  async examineKilled(): Promise<void> {
    await this.work(20, 100);
    await this.kill();
    for (const client of this.clients) await client.halt();
    const { damage, lost, doubled } = await verify(await this.#copyLocation(), this.ledger);
    for (const sentence of damage) this.findings.report(sentence);
    if (lost > 0) this.findings.report(`${lost} acknowledged messages were missing right after the kill.`);
    if (doubled > 0) this.findings.report(`${doubled} messages were doubled right after the kill.`);
    await this.start();
    for (const client of this.clients) client.start();
    await this.untilGoingOn();
  }

  /** A copy of the SQLite file on disk; a PostgreSQL database is read in place, because its server keeps running. */
  async #copyLocation(): Promise<string> {
    if (isPostgres(this.location)) return this.location;
    const copy = join(this.folder, "killed.db");
    await copyFile(this.location, copy);
    await copyFile(`${this.location}-wal`, `${copy}-wal`).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
    return copy;
  }

  /** Ends everything immediately, after a failure of the harness. */
  async abandon(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.halt()));
    if (this.#daemon !== undefined) await this.kill();
  }

  /** Lets the clients send their outboxes and disconnect, stops the daemon, and compares the database with the ledger. */
  async close(): Promise<Findings> {
    for (const left of await Promise.all(this.clients.map((client) => client.finish(goesOnWithinMs)))) {
      if (left > 0) this.findings.report(`${left} messages of a client could not be delivered at the end.`);
    }
    await this.daemon.stop().catch((error: unknown) => {
      this.findings.report(String(error));
    });
    this.#daemon = undefined;
    this.findings.add(await verify(this.location, this.ledger));
    await rm(this.folder, { recursive: true, force: true });
    return this.findings;
  }
}
