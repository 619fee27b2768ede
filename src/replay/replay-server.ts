import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { peerOf } from "../access/index.js";
import type { ReadOnlyStore } from "../database/index.js";
import { CloseCode } from "../protocol/index.js";
import { ReplayConnection } from "./replay-connection.js";

/** Control messages are small: larger frames close the connection. */
export const maximumControlBytes = 64 * 1024;

/** How many replays may be in progress at once: each reads for as long as its client stays. */
const maximumReplays = 32;

/** Serves replays over WebSocket; each reads on its own, as fast as its client receives. */
export class ReplayServer {
  readonly #connections = new Set<ReplayConnection>();

  constructor(
    readonly store: ReadOnlyStore,
    readonly logger: Logger,
    readonly most = maximumReplays,
  ) {}

  /** The number of replays in progress. */
  get size(): number {
    return this.#connections.size;
  }

  /** Serves a client that connected at `/replay?…`. */
  take(socket: WebSocket, stream: Socket, { url }: IncomingMessage): void {
    const { searchParams } = new URL(url ?? "/", "ws://localhost");
    const logger = this.logger.child({ peer: peerOf(stream) });
    if (this.#connections.size >= this.most) {
      logger.warn("replay refused: too many replays at once");
      socket.on("error", () => undefined);
      const message = "Too many replays are in progress; try again later.";
      socket.send(JSON.stringify({ code: "too_many_replays", server_error: message }));
      socket.close(CloseCode.unavailable, "too many replays at once");
      return;
    }
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
