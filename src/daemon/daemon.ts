import type { IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { Database, redactError } from "../database/index.js";
import { AccessControl, type AccessOptions, guardHttp, guardUpgrades } from "../access/index.js";
import { makeServer, serveApi } from "../http/index.js";
import { ReplayServer, maximumControlBytes } from "../replay/index.js";
import { Connection } from "./connection.js";
import { DiskSpace } from "./disk-space.js";
import { Health } from "./health.js";
import { listen } from "./listen.js";
import { Metrics } from "./metrics.js";
import { SessionDirectory } from "./session-directory.js";

export interface DaemonOptions extends AccessOptions {
  /** The path of the SQLite file, or the URL of the PostgreSQL database. */
  readonly db: string;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** A larger frame closes its connection with 1009. */
  readonly maximumMessageBytes: number;
  /** How much of a connection may wait for its reply before no more is read from it. */
  readonly maximumMessagesInFlight: number;
  readonly maximumBytesInFlight: number;
  readonly logger: Logger;
  /** The version of telltale. */
  readonly version: string;
  /** How often clients are pinged; 20 s by default. */
  readonly pingEveryMs?: number;
  /** Below how much free disk space to warn; 500 MB by default. */
  readonly lowDiskBytes?: number;
  /** How long another process may have the database locked before a message fails; 5 s by default. */
  readonly busyTimeoutMs?: number;
  /** How much may wait to be written before clients are paused; 32 MiB by default. */
  readonly maximumQueueBytes?: number;
}

/** How long a client may take to answer a close. */
const closeWithinMs = 1000;

/** A running daemon: takes messages over WebSocket, stores each, and acknowledges it after the commit. */
export class Daemon {
  readonly #connections = new Set<Connection>();
  readonly #directory: SessionDirectory;
  readonly #replays: ReplayServer;
  readonly #pinging: NodeJS.Timeout;
  #isStopping = false;
  #stopped: Promise<boolean> | undefined;

  private constructor(
    readonly database: Database,
    /** The same database, to read what may take long: nothing of a message waits behind it. */
    readonly archive: Database,
    readonly http: FastifyInstance,
    readonly diskSpace: DiskSpace,
    readonly access: AccessControl,
    readonly metrics: Metrics,
    readonly options: DaemonOptions,
  ) {
    this.#directory = new SessionDirectory(database);
    this.#replays = new ReplayServer(archive, options.logger);
    this.#pinging = setInterval(() => {
      for (const connection of this.#connections) connection.beat();
    }, options.pingEveryMs ?? 20_000);
  }

  /**
   * Opens the database and listens.
   *
   * @throws DatabaseError when the database cannot be opened, ListenError when the address cannot be had,
   *   AccessError where that would let in whom it should not.
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { logger } = options;
    const access = await AccessControl.open(options.host, options, logger);
    const metrics = new Metrics();
    let holdConnections: (isFull: boolean) => void = () => undefined;
    const patience = options.busyTimeoutMs === undefined ? {} : { busyTimeoutMs: options.busyTimeoutMs };
    const database = await Database.open(options.db, {
      ...patience,
      ...(options.maximumQueueBytes === undefined ? {} : { maximumQueueBytes: options.maximumQueueBytes }),
      onCommit: (batch) => {
        metrics.countCommit(batch);
      },
      onFull: (isFull) => {
        if (isFull) metrics.countQueueFull();
        logger.warn(isFull ? "queue full: clients are paused" : "queue has room again: clients go on");
        holdConnections(isFull);
      },
      onFailure: (error) => {
        metrics.countFailure();
        logger.error({ err: error }, "database failed: it is closed, and opened again for the next message");
      },
      onReopen: () => {
        metrics.countReopen();
        logger.warn("database reopened");
      },
      onInternal: (error) => {
        logger.error({ err: error }, "a message could not be written and is kept as rejected");
      },
    });
    await refuseOutdated(database);
    const archive = await Database.open(options.db, {
      ...patience,
      readOnly: true,
      givesWayTo: database,
    }).catch(async (error: unknown) => {
      await database.close();
      throw error;
    });
    const diskSpace = new DiskSpace(database.path, options.lowDiskBytes ?? 500_000_000, logger);
    await diskSpace.watch();
    const http = makeServer(
      (error) => {
        logger.error({ err: redactError(error) }, "a request could not be answered");
      },
      (listener) => access.makeServer(listener),
    );
    guardHttp(http, access);
    const daemon = new Daemon(database, archive, http, diskSpace, access, metrics, options);
    holdConnections = (isFull) => {
      for (const connection of daemon.#connections) connection.holdForQueue(isFull);
    };
    try {
      daemon.#route();
      await listen(http, options.host, options.port);
    } catch (error) {
      await daemon.#close(0);
      throw error;
    }
    logger.info({ url: daemon.url, db: database.name, engine: database.engineVersion }, "telltale started");
    return daemon;
  }

  /** Where clients connect: `ws://host:port`, or `wss://…` with TLS. */
  get url(): string {
    const { address, family, port } = this.http.server.address() as AddressInfo;
    const scheme = this.access.certificate === undefined ? "ws" : "wss";
    return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
  }

  /**
   * Accepts nobody new, takes no more messages, writes and acknowledges those it has, closes the connections with 1001 and the
   * database after a checkpoint. May be called again.
   *
   * @param withinMs how long writing may take; what is not written by then stays unacknowledged.
   * @returns whether everything was written.
   */
  stop(withinMs = 5000): Promise<boolean> {
    this.#stopped ??= this.#stop(withinMs);
    return this.#stopped;
  }

  #route(): void {
    const boundSessions = () => new Set([...this.#connections].flatMap(({ session }) => session ?? []));
    serveApi(this.http, { archive: this.archive, boundSessions, version: this.options.version });
    const health = new Health(this.database, this.diskSpace);
    this.http.get("/healthz", { config: { isOpen: true } }, async ({ raw }, reply) => {
      const report = await health.check();
      // Whoever watches over it needs no token to learn whether all is well; where the data lies is for readers.
      const answer = this.access.allows(raw, "read") ? report : { ok: report.ok };
      return reply.code(report.ok ? 200 : 503).send(answer);
    });
    this.metrics.serve(this.http, {
      queuedMessages: () => this.database.queuedMessages,
      queuedBytes: () => this.database.queuedBytes,
      clients: () => this.#connections.size,
      replays: () => this.#replays.size,
      freeBytes: async () => (await this.diskSpace.look())?.freeBytes,
    });
    this.http.get("/", { config: { isOpen: true } }, (_request, reply) =>
      reply
        .type("text/plain")
        .send(
          "telltale runs here. Experiments connect by WebSocket; GET /healthz tells how it is, /metrics counts, /api/sessions what is kept.\n",
        ),
    );
    const routes = {
      "/": {
        scope: "write",
        maximumBytes: this.options.maximumMessageBytes,
        take: (socket: WebSocket, stream: Socket) => {
          this.#take(socket, stream);
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

  #take(socket: WebSocket, stream: Socket): void {
    const { database, access, metrics, options } = this;
    const { logger } = options;
    // Of one that has gone the stream no longer knows it.
    const { remoteAddress } = stream;
    const connection = new Connection(socket, stream, {
      database,
      directory: this.#directory,
      metrics,
      logger,
      limits: options,
      noteRejection: () => access.noteRejection(remoteAddress),
    });
    this.#connections.add(connection);
    logger.info({ peer: connection.peer }, "connection opened");
    socket.on("close", (code) => {
      this.#connections.delete(connection);
      logger.info({ peer: connection.peer, code }, "connection closed");
    });
  }

  async #stop(withinMs: number): Promise<boolean> {
    const isClean = await this.#close(withinMs);
    this.options.logger.info({ unwritten: !isClean }, "telltale stopped");
    return isClean;
  }

  async #close(withinMs: number): Promise<boolean> {
    this.#isStopping = true;
    clearInterval(this.#pinging);
    this.diskSpace.stop();
    const closed = this.http.close();
    const replaysEnded = this.#replays.stop(closeWithinMs);
    const connections = [...this.#connections];
    const drained = Promise.all(connections.map((connection) => connection.drain()));
    const isClean = (await settlesWithin(drained, withinMs))?.every((isWritten) => isWritten) ?? false;
    if (!isClean) this.database.abandon();
    await Promise.all(
      connections.map((connection) => connection.close(1001, "telltale stops", closeWithinMs)),
    );
    await replaysEnded;
    // A client that connected and never said a word would keep the server open.
    this.http.server.closeAllConnections();
    await closed;
    await this.archive.close();
    await this.database.close();
    return isClean;
  }
}

/** @throws DatabaseError that says how to upgrade a file that AEPsych wrote. */
async function refuseOutdated(database: Database): Promise<void> {
  try {
    await database.readScope(() => Promise.resolve());
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** What a promise resolves to; undefined when that takes too long. */
async function settlesWithin<Result>(work: Promise<Result>, withinMs: number): Promise<Result | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>(
    (resolve) =>
      (timer = setTimeout(() => {
        resolve(undefined);
      }, withinMs)),
  );
  const result = await Promise.race([work, late]);
  clearTimeout(timer);
  return result;
}
