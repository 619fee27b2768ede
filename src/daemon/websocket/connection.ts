import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { peerOf } from "../../access/index.js";
import { CloseCode, type Coding, type Reply, encodeReply } from "../../protocol/index.js";
import {
  Conversation,
  type ConversationServices,
  type Door,
  FlowControl,
  type FlowLimits,
} from "../exchange/index.js";
import { Heartbeat } from "./heartbeat.js";

/** Beyond this many unread bytes of replies the client is not read either. */
const maximumUnreadBytes = 1024 * 1024;

/** How long a client that is no longer read may take to read the close: its unfinished message is in memory until then. */
const readCloseWithinMs = 100;

/** Why ws closed a connection before it passed on the frame, by ws' own error code. */
const unreadable: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH:
    "The frame is over the size limit; split the message, or raise --max-message-bytes.",
  WS_ERR_TOO_MANY_BUFFERED_PARTS: "The message came in too many parts; send it in fewer.",
};

/** What a connection works with, besides what its conversation needs. */
export interface ConnectionServices extends ConversationServices {
  readonly limits: FlowLimits;
  /** Counts a rejected message of this client; returns for how many ms not to read from it. */
  readonly noteRejection: () => number;
}

/** One client's WebSocket: text frames are JSON, binary frames MessagePack or JSON, and replies are coded as their requests. */
export class Connection implements Door {
  readonly peer: string;
  readonly hasCurrentSession = true;
  readonly flow: FlowControl;
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #services: ConnectionServices;
  readonly #conversation: Conversation;
  readonly #heartbeat = new Heartbeat();
  #isCorked = false;

  /** @param stream the socket's own stream. */
  constructor(socket: WebSocket, stream: Socket, services: ConnectionServices) {
    this.peer = peerOf(stream);
    this.flow = new FlowControl(services.limits, socket);
    this.#socket = socket;
    this.#stream = stream;
    this.#services = services;
    this.#conversation = new Conversation(this, services);
    socket.on("message", (data, isBinary) => {
      this.#conversation.take(data as Buffer, isBinary ? codingOfBinary(data as Buffer) : "json");
    });
    // Without a listener one bad frame would end the process; ws closes the connection itself.
    socket.on("error", (error) => {
      this.#noteError(error);
    });
    socket.on("close", () => {
      this.flow.clearTimer();
    });
    stream.on("drain", () => {
      this.flow.hold("replies", false);
    });
  }

  /** The id of the current session. */
  get session(): string | undefined {
    return this.#conversation.session;
  }

  noteRejection(): number {
    return this.#services.noteRejection();
  }

  send(reply: Reply, coding: Coding): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#cork();
    this.#socket.send(encodeReply(reply, coding));
    if (this.#socket.bufferedAmount > maximumUnreadBytes) this.flow.hold("replies", true);
  }

  close(code: CloseCode, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Pings the client, or drops it when it was silent for two pings. */
  beat(): void {
    const isAlive = this.#heartbeat.beat({
      receivedBytes: this.#stream.bytesRead,
      unsentBytes: this.#socket.bufferedAmount,
      wasHeldHere: this.flow.checkHeldHere(),
    });
    if (!isAlive) {
      this.#services.logger.info({ peer: this.peer }, "connection dropped: silent for two pings");
      this.#socket.terminate();
    } else if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Takes no more frames; resolves when those taken are answered, with whether all of them could be written. */
  drain(): Promise<boolean> {
    return this.#conversation.drain();
  }

  /** Reads no more of an unfinished frame, and closes: the client sends it again later. */
  endUnfinished(): void {
    this.#services.logger.warn(
      { peer: this.peer },
      "connection ended: the unfinished messages of all clients took too much memory, and its was the largest",
    );
    this.#stream.pause();
    this.close(CloseCode.unavailable, "too many large messages at once");
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, readCloseWithinMs);
    this.#socket.once("close", () => {
      clearTimeout(timer);
    });
  }

  /** Closes with a code, and drops a client that does not answer the close in time. */
  async closeWithin(code: CloseCode, reason: string, withinMs: number): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.#socket.once("close", resolve));
    this.#conversation.end();
    this.close(code, reason);
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, withinMs);
    await closed;
    clearTimeout(timer);
  }

  /** Lets the replies of one commit leave in one write. */
  #cork(): void {
    if (this.#isCorked) return;
    this.#isCorked = true;
    this.#stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      this.#stream.uncork();
    });
  }

  #noteError(error: Error): void {
    const reason = unreadable["code" in error ? String(error.code) : ""];
    if (reason === undefined) {
      this.#services.logger.warn({ peer: this.peer }, `connection failed: ${error.message}`);
    } else this.#conversation.noteUnreadable(reason);
  }
}

const brace = "{".charCodeAt(0);

/** The coding of a binary frame: some libraries send any bytes as one, so also JSON. No message in MessagePack begins with a brace. */
function codingOfBinary(frame: Buffer): Coding {
  return frame[0] === brace ? "json" : "messagepack";
}
