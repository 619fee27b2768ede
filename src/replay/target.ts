import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import {
  CloseCode,
  type Coding,
  ProtocolError,
  type Value,
  type ValueMap,
  decodeFrame,
  isMap,
} from "../protocol/index.js";
import type { CopiedMessage } from "./copied-message.js";
import { ReplayError } from "./replay-error.js";

/** How much may be in flight without an answer. */
const maximumInFlight = 64;
const maximumBytesInFlight = 1024 * 1024;

/** How many times in a row to reconnect without an answer in between. */
const maximumAttempts = 5;

/** The connection counts as lost if the server answers nothing for this long. */
const silentForMs = 30_000;

/** How long a server may take to answer a close. */
const closeWithinMs = 1000;

/** The most characters to read of an answer that refuses a handshake. */
const longestRefusal = 4096;

/** The final answer of a server to a message: stored now or before, or refused for good. */
export interface TargetReply {
  readonly message: CopiedMessage;
  readonly isStored: boolean;
  readonly isDuplicate: boolean;
  /** The protocol's error code; undefined if nothing went wrong. */
  readonly code: string | undefined;
  readonly sentence: string;
}

export interface TargetOptions {
  /** The bearer token for the server. */
  readonly token?: string | undefined;
  readonly reconnectAfterMs?: number | undefined;
}

/**
 * A server to send messages to: in order, with several in flight. After a lost connection it reconnects, and resends what was not
 * answered.
 */
export class Target {
  #socket: WebSocket | undefined;
  /** The messages without an answer; the first `#sent` of them went over the current connection. */
  #pending: CopiedMessage[] = [];
  #pendingBytes = 0;
  #sent = 0;
  #attempts = 0;
  #hasConnected = false;
  readonly #failed = new AbortController();
  #reconnecting: NodeJS.Timeout | undefined;
  #silence: NodeJS.Timeout | undefined;
  readonly #waiters = new Set<() => void>();
  readonly #reconnectAfterMs: number;
  readonly #headers: Readonly<Record<string, string>>;

  /** @param settle receives the final reply to each message, in order; a ReplayError that it throws ends the sending. */
  constructor(
    readonly url: string,
    readonly settle: (reply: TargetReply) => void,
    { token, reconnectAfterMs = 1000 }: TargetOptions = {},
  ) {
    this.#reconnectAfterMs = reconnectAfterMs;
    this.#headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  }

  /** Aborted, with a ReplayError as reason, when nothing more can be sent. */
  get failed(): AbortSignal {
    return this.#failed.signal;
  }

  /** Sends a message; resolves when there is room for the next one. */
  async send(message: CopiedMessage): Promise<void> {
    this.failed.throwIfAborted();
    this.#pending.push(message);
    this.#pendingBytes += message.frame.length;
    if (this.#socket === undefined && this.#reconnecting === undefined) this.#connect();
    else this.#flush();
    await this.#until(
      () => this.#pending.length < maximumInFlight && this.#pendingBytes < maximumBytesInFlight,
    );
  }

  /** Resolves when every message is answered. */
  async whenAnswered(): Promise<void> {
    await this.#until(() => this.#pending.length === 0);
  }

  /** Closes the connection; the next message opens a new one. */
  async close(): Promise<void> {
    clearTimeout(this.#reconnecting);
    clearTimeout(this.#silence);
    // Give up what was not answered.
    this.#pending = [];
    this.#pendingBytes = 0;
    const socket = this.#socket;
    if (socket === undefined) return;
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.close();
    const timer = setTimeout(() => {
      socket.terminate();
    }, closeWithinMs);
    await closed;
    clearTimeout(timer);
  }

  #connect(): void {
    this.#reconnecting = undefined;
    const socket = new WebSocket(this.url, {
      perMessageDeflate: false,
      handshakeTimeout: silentForMs,
      headers: this.#headers,
    });
    let why = "";
    this.#socket = socket;
    this.#sent = 0;
    socket.on("open", () => {
      this.#hasConnected = true;
      this.#flush();
    });
    socket.on("message", (data, isBinary) => {
      if (!this.failed.aborted && socket.readyState === socket.OPEN)
        this.#take(data as Buffer, isBinary ? "messagepack" : "json");
    });
    socket.on("unexpected-response", (_request, response) => {
      void readRefusal(response).then((sentence) => {
        why = sentence;
        // A retry helps neither without a token nor at a wrong path.
        const isFinal = [401, 403, 404].includes(response.statusCode ?? 0);
        if (isFinal)
          this.#fail(new ReplayError("refused", `${this.url} refused the connection: ${sentence}`));
        socket.terminate();
      });
    });
    socket.on("error", (error) => {
      if (why === "") why = error.message;
    });
    socket.on("close", (code) => {
      this.#lose(code, why);
    });
  }

  #flush(): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    for (; this.#sent < this.#pending.length; this.#sent += 1) {
      const message = this.#pending[this.#sent];
      if (message !== undefined) socket.send(message.frame, { binary: message.coding === "messagepack" });
    }
    this.#watch();
  }

  /** Drops the connection if the server is silent while messages wait for answers. */
  #watch(): void {
    clearTimeout(this.#silence);
    if (this.#pending.length > 0) this.#silence = setTimeout(() => this.#socket?.terminate(), silentForMs);
  }

  #take(frame: Buffer, coding: Coding): void {
    const [message] = this.#pending;
    const reply = readReply(frame, coding);
    const isOk = reply?.get("ok");
    if (reply === undefined || message === undefined || this.#sent === 0 || typeof isOk !== "boolean") {
      this.#fail(new ReplayError("unreachable", `${this.url} does not answer like a telltale server.`));
      return;
    }
    if (reply.get("retry") === true) {
      // The server closes the connection itself, and has accepted nothing after this message.
      this.#socket?.close();
      return;
    }
    this.#pending.shift();
    this.#pendingBytes -= message.frame.length;
    this.#sent -= 1;
    this.#attempts = 0;
    this.#watch();
    try {
      this.settle({
        message,
        isStored: isOk || reply.get("stored") === true,
        isDuplicate: reply.get("duplicate") === true,
        code: isOk ? undefined : textOf(reply.get("code")),
        sentence: textOf(reply.get("server_error")),
      });
    } catch (error) {
      if (!(error instanceof ReplayError)) throw error;
      this.#fail(error);
    }
    this.#wake();
  }

  #lose(code: number, why: string): void {
    clearTimeout(this.#silence);
    this.#socket = undefined;
    this.#sent = 0;
    const [first] = this.#pending;
    if (this.failed.aborted || first === undefined) {
      this.#wake();
      return;
    }
    this.#attempts += 1;
    // Retrying does not help: the same frame would close every connection.
    if (code === CloseCode.tooLarge) {
      const which = `one of the messages from ${first.seq} to ${this.#pending.at(-1)?.seq ?? first.seq}`;
      this.#fail(new ReplayError("refused", `${this.url} does not accept a frame as large as ${which}.`));
    } else if (!this.#hasConnected || this.#attempts > maximumAttempts) {
      const sentence = this.#hasConnected
        ? `The connection to ${this.url} was lost ${this.#attempts} times in a row`
        : `${this.url} cannot be reached`;
      this.#fail(
        new ReplayError(
          "unreachable",
          `${sentence}${why === "" ? "" : ` (${why})`}; send the session again later.`,
        ),
      );
    } else {
      this.#reconnecting = setTimeout(() => {
        this.#connect();
      }, this.#reconnectAfterMs);
    }
  }

  #fail(failure: ReplayError): void {
    this.#failed.abort(failure);
    this.#socket?.close();
    this.#wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.failed.aborted && !condition()) {
      await new Promise<void>((resolve) => this.#waiters.add(resolve));
    }
    this.failed.throwIfAborted();
  }

  #wake(): void {
    for (const wake of this.#waiters) wake();
    this.#waiters.clear();
  }
}

/** Why a server refused the handshake: the sentence in its answer, if it has one. */
async function readRefusal(response: IncomingMessage): Promise<string> {
  const plain = `Unexpected server response: ${response.statusCode ?? 0}`;
  try {
    let text = "";
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk as string;
      if (text.length > longestRefusal) break;
    }
    const answer = JSON.parse(text) as { readonly message?: unknown } | null;
    return typeof answer?.message === "string" ? answer.message : plain;
  } catch {
    return plain;
  }
}

function readReply(frame: Buffer, coding: Coding): ValueMap | undefined {
  try {
    const reply = decodeFrame(frame, coding);
    return isMap(reply) ? reply : undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function textOf(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}
