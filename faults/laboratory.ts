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

/** How long it may take until clients get on again when nothing is in their way. */
const goesOnWithinMs = 30_000;

export interface LaboratoryOptions {
  /** Where the database is; a file of its own in the context's folder by default. */
  readonly location?: string;
  /** How many clients there are; 6 by default. */
  readonly clients?: number;
  /** How long clients wait for a reply before they give their connection up. */
  readonly patienceMs?: number;
  /** Puts something before a daemon that has started; gives where clients connect then. */
  readonly putBefore?: (url: string) => Promise<string>;
  /** How the daemon is started unless a round says otherwise. */
  readonly daemon?: DaemonProcessOptions;
}

/** A database, one daemon at a time on it, and the clients of some experiments. */
export class Laboratory {
  readonly ledger = new Ledger();
  readonly findings = new Findings();
  readonly clients: readonly LiveClient[];
  #daemon: DaemonProcess | undefined;
  /** Where clients connect now. */
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

  /** Starts a daemon and the clients; resolves when each has a message acknowledged. */
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

  /** The daemon that runs. */
  get daemon(): DaemonProcess {
    if (this.#daemon === undefined) throw new Error("No daemon runs.");
    return this.#daemon;
  }

  /** Starts a daemon on the database; clients find it by themselves. */
  async start(options: DaemonProcessOptions = {}): Promise<void> {
    this.#daemon = await DaemonProcess.start(this.location, this.daemonOptions(options));
    const { url } = this.#daemon;
    this.#url = (await this.options.putBefore?.(url)) ?? url;
  }

  /** How a daemon is started here. */
  daemonOptions(options: DaemonProcessOptions = {}): DaemonProcessOptions {
    const imports = [...this.context.imports, ...(options.imports ?? [])];
    return { ...this.options.daemon, ...options, imports };
  }

  /** Kills the daemon in the middle of whatever it does; its tracer is gone then too. */
  async kill(): Promise<void> {
    const { daemon } = this;
    this.#daemon = undefined;
    this.#url = undefined;
    await daemon.end("SIGKILL");
  }

  /** Lets the clients go on for a while, a random one where two times are given. */
  async work(leastMs: number, mostMs = leastMs): Promise<void> {
    await pause(this.context.random.whole(leastMs, mostMs));
  }

  /** Resolves when every client has a new message acknowledged; that they do not is damage. */
  async untilGoingOn(withinMs = goesOnWithinMs): Promise<void> {
    const count = (client: LiveClient) => this.ledger.session(client.session).acknowledged.size;
    const before = this.clients.map(count);
    const isGoingOn = () => this.clients.every((client, index) => count(client) > (before[index] ?? 0));
    if (!(await this.until(isGoingOn, withinMs)))
      this.findings.report(`Nothing was acknowledged to some client within ${withinMs} ms.`);
  }

  /** Resolves when something is so, with whether it was in time. */
  async until(condition: () => boolean, withinMs: number): Promise<boolean> {
    const end = performance.now() + withinMs;
    while (!condition()) {
      if (performance.now() > end) return false;
      await pause(2);
    }
    return true;
  }

  /** Clients leave, the daemon is killed, and what it left is compared as it lies there, on a copy, before the clients come back. */
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

  /** A copy of what lies on the disk now; a server has its database open all the time, and is asked itself. */
  async #copyLocation(): Promise<string> {
    if (isPostgres(this.location)) return this.location;
    const copy = join(this.folder, "killed.db");
    await copyFile(this.location, copy);
    await copyFile(`${this.location}-wal`, `${copy}-wal`).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    });
    return copy;
  }

  /** Ends everything at once, after a failure of the harness. */
  async abandon(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.halt()));
    if (this.#daemon !== undefined) await this.kill();
  }

  /** Clients send what they still have and leave, the daemon is stopped, and what it left is compared with the ledger. */
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
