import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { peerOf } from "../access/index.js";
import type { ReadOnlyStore } from "../database/index.js";
import { ReplayConnection } from "./replay-connection.js";

/** Control messages are small: larger frames close the connection. */
export const maximumControlBytes = 64 * 1024;

/** Serves replays over WebSocket; each reads on its own, as fast as its client receives. */
export class ReplayServer {
  readonly #connections = new Set<ReplayConnection>();

  constructor(
    readonly store: ReadOnlyStore,
    readonly logger: Logger,
  ) {}

  /** The number of replays in progress. */
  get size(): number {
    return this.#connections.size;
  }

  /** Serves a client that connected at `/replay?…`. */
  take(socket: WebSocket, stream: Socket, { url }: IncomingMessage): void {
    const { searchParams } = new URL(url ?? "/", "ws://localhost");
    const logger = this.logger.child({ peer: peerOf(stream) });
    const connection = new ReplayConnection(socket, stream, this.store, logger, searchParams);
    this.#connections.add(connection);
    logger.info("replay opened");
    void connection.whenOver().then(() => this.#connections.delete(connection));
    socket.on("close", (code) => {
      logger.info({ code }, "replay closed");
    });
  }

  /** Closes every replay with 1001; resolves when all reading has ended. */
  async stop(withinMs: number): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.stop(withinMs)));
  }
}
