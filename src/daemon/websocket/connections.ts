import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { AccessControl } from "../../access/index.js";
import { CloseCode } from "../../protocol/index.js";
import type { ConversationServices, FlowLimits } from "../exchange/index.js";
import { Connection } from "./connection.js";
import { UnfinishedFrames } from "./unfinished-frames.js";

/** What the connections of a daemon share. */
export interface WebSocketServices extends ConversationServices {
  readonly access: AccessControl;
  readonly limits: FlowLimits;
  /** How often clients are pinged. */
  readonly pingEveryMs: number;
  /** How much memory the unfinished frames of all clients may take. */
  readonly maximumUnfinishedBytes: number;
}

/** All clients that are connected by WebSocket to send messages. */
export class Connections {
  readonly #open = new Set<Connection>();
  readonly #services: WebSocketServices;
  readonly #pinging: NodeJS.Timeout;
  readonly #unfinished: UnfinishedFrames<Connection>;

  constructor(services: WebSocketServices) {
    this.#services = services;
    this.#unfinished = new UnfinishedFrames(services.maximumUnfinishedBytes, (connection) => {
      connection.endUnfinished();
    });
    this.#pinging = setInterval(() => {
      for (const connection of this.#open) connection.beat();
    }, services.pingEveryMs);
  }

  /** How many clients are connected. */
  get size(): number {
    return this.#open.size;
  }

  /** The ids of the current sessions. */
  get sessions(): ReadonlySet<string> {
    return new Set([...this.#open].flatMap(({ session }) => session ?? []));
  }

  /** Takes a client that was let in; `stream` is the socket's own stream. */
  take(socket: WebSocket, stream: Socket): void {
    const { access, logger } = this.#services;
    // A closed stream no longer has a remote address: read it now.
    const { remoteAddress } = stream;
    const connection = new Connection(socket, stream, {
      ...this.#services,
      noteRejection: () => access.noteRejection(remoteAddress),
    });
    this.#open.add(connection);
    logger.info({ peer: connection.peer }, "connection opened");
    // Before ws, which passes on the messages of the chunk.
    stream.prependListener("data", ({ length }: Buffer) => {
      if (socket.readyState === socket.OPEN) this.#unfinished.add(connection, length);
    });
    socket.on("message", () => {
      this.#unfinished.finish(connection);
    });
    socket.on("close", (code) => {
      this.#open.delete(connection);
      this.#unfinished.finish(connection);
      logger.info({ peer: connection.peer, code }, "connection closed");
    });
  }

  /** Reads from no client while the write queue is full. */
  holdForQueue(isFull: boolean): void {
    for (const { flow } of this.#open) flow.hold("queue", isFull);
  }

  /** Takes no more frames; resolves when those taken are answered, with whether all of them could be written. */
  async drain(): Promise<boolean> {
    clearInterval(this.#pinging);
    const drained = await Promise.all([...this.#open].map((connection) => connection.drain()));
    return drained.every((isWritten) => isWritten);
  }

  /** Closes every connection because the daemon stops; drops a client that does not answer in time. */
  async close(withinMs: number): Promise<void> {
    clearInterval(this.#pinging);
    await Promise.all(
      [...this.#open].map((connection) =>
        connection.closeWithin(CloseCode.stopping, "telltale stops", withinMs),
      ),
    );
  }
}
