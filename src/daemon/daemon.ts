import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { WebSocket } from "ws";
import { AccessControl, guardHttp, guardUpgrades } from "../access/index.js";
import { type ReadOnlyStore, type Store, redactError } from "../database/index.js";
import { ReadSlots, makeServer, serveApi } from "../http/index.js";
import { ReplayServer, maximumControlBytes } from "../replay/index.js";
import { SessionDirectory, Turns } from "./exchange/index.js";
import { listen } from "./listen.js";
import { DiskSpace } from "./monitoring/disk-space.js";
import { Health } from "./monitoring/health.js";
import { LogSize } from "./monitoring/log-size.js";
import { Metrics } from "./monitoring/metrics.js";
import { OpenFileLimit } from "./monitoring/open-file-limit.js";
import { Watches } from "./monitoring/watches.js";
import { RecentFailures } from "./monitoring/recent-failures.js";
import { type Databases, openDatabases } from "./open-databases.js";
import type { DaemonOptions } from "./options.js";
import { addFront } from "./routes/front.js";
import { addHealthz } from "./routes/healthz.js";
import { addMetrics } from "./routes/metrics.js";
import { settleWithin } from "./settle-within.js";
import { Connections } from "./websocket/connections.js";

/** How long a client may take to answer a close. */
const closeWithinMs = 1000;

/** How often to look while nobody asks. */
const lookEveryMs = {
  diskSpace: 30_000,
  logSize: 5000,
  openFiles: 5000,
  // So that files that were moved and settings that were changed are noticed without a message.
  health: 60_000,
};

/** A running daemon: takes messages over WebSocket, stores each, and acknowledges it after the commit. */
export class Daemon {
  readonly database: Store;
  /** The same database, for reads that may take long. */
  readonly archive: ReadOnlyStore;
  readonly #connections: Connections;
  readonly #replays: ReplayServer;
  readonly #logSize: LogSize;
  readonly #openFiles: OpenFileLimit;
  readonly #health: Health;
  readonly #watches = new Watches();
  #isStopping = false;
  #stopped: Promise<boolean> | undefined;

  private constructor(
    { database, archive }: Databases,
    readonly http: FastifyInstance,
    readonly diskSpace: DiskSpace,
    readonly access: AccessControl,
    readonly metrics: Metrics,
    failures: RecentFailures,
    readonly options: DaemonOptions,
  ) {
    this.database = database;
    this.archive = archive;
    this.#logSize = new LogSize(database.path, options.logger);
    this.#openFiles = new OpenFileLimit(options.logger);
    this.#health = new Health(database, diskSpace, this.#logSize, this.#openFiles, failures, options.version);
    this.#replays = new ReplayServer(archive, options.logger);
    this.#connections = new Connections({
      database,
      directory: new SessionDirectory(database),
      turns: new Turns(),
      access,
      logger: options.logger,
      limits: options,
      pingEveryMs: options.pingEveryMs ?? 20_000,
      maximumUnfinishedBytes: options.maximumUnfinishedBytes ?? 8 * options.maximumMessageBytes,
      countUnavailable: () => {
        metrics.countUnavailable();
        failures.note();
      },
    });
  }

  /**
   * Opens the database and listens.
   *
   * @throws DatabaseError when the database cannot be opened, ListenError when the daemon cannot listen on the address,
   *   AccessError when that would open it to people who should have no access.
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { logger, version } = options;
    const access = await AccessControl.open(options.host, options, logger);
    const metrics = new Metrics(version);
    const failures = new RecentFailures();
    let holdClients: (isFull: boolean) => void = () => undefined;
    const databases = await openDatabases(options, metrics, failures, (isFull) => {
      holdClients(isFull);
    });
    const diskSpace = new DiskSpace(databases.database.path, options.lowDiskBytes ?? 500_000_000, logger);
    const http = makeServer(
      (error) => {
        logger.error({ err: redactError(error) }, "a request could not be answered");
      },
      (listener) => access.makeServer(listener),
    );
    guardHttp(http, access);
    const daemon = new Daemon(databases, http, diskSpace, access, metrics, failures, options);
    holdClients = (isFull) => {
      daemon.#connections.holdForQueue(isFull);
    };
    try {
      await daemon.#watch();
      daemon.#addRoutes();
      daemon.#addDoors();
      await listen(http, options.host, options.port);
    } catch (error) {
      await daemon.#close(0);
      throw error;
    }
    const { name: db, engineVersion: engine } = daemon.database;
    logger.info({ url: daemon.url, db, engine, version }, "telltale started");
    return daemon;
  }

  /** Where clients connect: `ws://host:port`, or `wss://…` with TLS. */
  get url(): string {
    const { address, family, port } = this.http.server.address() as AddressInfo;
    const scheme = this.access.certificate === undefined ? "ws" : "wss";
    return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /**
   * Accepts no new clients and no more messages, writes and acknowledges those that it has, closes the connections with 1001, and
   * closes the database after a checkpoint. May be called again.
   *
   * @param withinMs how long writing may take; what is not written by then stays unacknowledged.
   * @returns whether everything was written.
   */
  stop(withinMs = 5000): Promise<boolean> {
    this.#stopped ??= this.#stop(withinMs);
    return this.#stopped;
  }

  /** Looks at the disk and the log before the daemon listens; then at these and the rest again and again. */
  async #watch(): Promise<void> {
    await this.diskSpace.look();
    await this.#logSize.look();
    this.#watches.add(lookEveryMs.diskSpace, () => this.diskSpace.look());
    this.#watches.add(lookEveryMs.logSize, () => this.#logSize.look());
    this.#watches.add(lookEveryMs.openFiles, () => this.#openFiles.look());
    this.#watches.add(lookEveryMs.health, () => this.#health.check());
  }

  #addRoutes(): void {
    const { http, archive, database, diskSpace, access, metrics, options } = this;
    const { version } = options;
    serveApi(http, {
      archive,
      boundSessions: () => this.#connections.sessions,
      readSlots: new ReadSlots(options.readLimits),
      version,
    });
    addHealthz(http, this.#health, access);
    metrics.observe({
      queuedMessages: () => database.queuedMessages,
      queuedBytes: () => database.queuedBytes,
      clients: () => this.#connections.size,
      replays: () => this.#replays.size,
      freeBytes: async () => (await diskSpace.look())?.freeBytes,
      walBytes: async () => (await this.#logSize.look())?.bytes,
    });
    addMetrics(http, metrics);
    addFront(http);
  }

  #addDoors(): void {
    const routes = {
      "/": {
        scope: "write",
        maximumBytes: this.options.maximumMessageBytes,
        take: (socket: WebSocket, stream: Socket) => {
          this.#connections.take(socket, stream);
        },
      },
      "/replay": {
        scope: "read",
        maximumBytes: maximumControlBytes,
        take: (socket: WebSocket, stream: Socket, request: IncomingMessage) => {
          this.#replays.take(socket, stream, request);
        },
      },
    } as const;
    guardUpgrades(this.http.server, this.access, routes, () => this.#isStopping);
  }

  async #stop(withinMs: number): Promise<boolean> {
    const isClean = await this.#close(withinMs);
    this.options.logger.info({ unwritten: !isClean }, "telltale stopped");
    return isClean;
  }

  async #close(withinMs: number): Promise<boolean> {
    this.#isStopping = true;
    this.#watches.stop();
    const closed = this.http.close();
    const replaysEnded = this.#replays.stop(closeWithinMs);
    const isClean = (await settleWithin(this.#connections.drain(), withinMs)) ?? false;
    if (!isClean) this.database.abandon();
    await this.#connections.close(closeWithinMs);
    await replaysEnded;
    // A client that connected and sent nothing would keep the server open.
    this.http.server.closeAllConnections();
    await closed;
    await this.archive.close();
    await this.database.close();
    return isClean;
  }
}
