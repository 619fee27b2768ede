import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { peerOf } from "../access/index.js";
import type { ReadOnlyStore } from "../database/index.js";
import { ReplayConnection } from "./replay-connection.js";

/** A control message is small. */
export const maximumControlBytes = 64 * 1024;

/** Gives replays over WebSocket; each reads for itself, as fast as its client takes it. */
export class ReplayServer {
  readonly #connections = new Set<ReplayConnection>();

  /** @param database is only read from. */
  constructor(
    readonly database: ReadOnlyStore,
    readonly logger: Logger,
  ) {}

  /** How many replays are under way. */
  get size(): number {
    return this.#connections.size;
  }

  /** Takes a client that connected at `/replay?…`. */
  take(socket: WebSocket, stream: Socket, { url }: IncomingMessage): void {
    const { searchParams } = new URL(url ?? "/", "ws://localhost");
    const logger = this.logger.child({ peer: peerOf(stream) });
    const connection = new ReplayConnection(socket, stream, this.database, logger, searchParams);
    this.#connections.add(connection);
    logger.info("replay opened");
    void connection.whenOver().then(() => this.#connections.delete(connection));
    socket.on("close", (code) => {
      logger.info({ code }, "replay closed");
    });
  }

  /** Closes every replay with 1001; resolves when nothing is read any more. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.stop(withinMs)));
  }
}
