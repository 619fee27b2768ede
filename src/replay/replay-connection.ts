import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { type ReadOnlyStore, DatabaseError, redactError } from "../database/index.js";
import { CloseCode, type Coding, type Value, complete } from "../protocol/index.js";
import { TimeSlice, findSession } from "../queries/index.js";
import { readReplayControl } from "./replay-control.js";
import { ReplayError } from "./replay-error.js";
import { readReplayQuery } from "./replay-query.js";
import { Replay } from "./replay.js";
import { describeMessage, encodeFrame } from "./replayed-message.js";

/** The replay waits for its client while more than this many bytes are unsent. */
const maximumUnsentBytes = 256 * 1024;

/** The most control messages that may wait for their answers; a client that exceeds it is closed. */
const maximumWaitingControls = 100;

/** After how much silence TCP probes whether the client is still there. A slow reader answers, and stays connected. */
const keepAliveMs = 20_000;

/** One client's replay: sends it messages, and carries out its control messages. */
export class ReplayConnection {
  /** Aborted when the connection ends. */
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  /** Resolves when every control message so far is carried out. */
  #controlled = Promise.resolve();
  #coding: Coding = "json";

  /** @param stream the TCP stream of the socket. */
  constructor(
    readonly socket: WebSocket,
    stream: Socket,
    readonly store: ReadOnlyStore,
    readonly logger: Logger,
    parameters: URLSearchParams,
  ) {
    stream.setKeepAlive(true, keepAliveMs);
    // Without a listener, a bad frame would end the process; ws closes the connection itself.
    socket.on("error", (error) => {
      logger.warn(`replay failed: ${error.message}`);
    });
    socket.on("close", () => {
      this.#over.abort();
    });
    this.#running = this.#run(parameters).catch((error: unknown) => {
      this.#fail(error);
    });
  }

  /** Resolves when the connection is closed and its reading has ended. */
  async whenOver(): Promise<void> {
    if (this.socket.readyState !== this.socket.CLOSED) {
      await new Promise((resolve) => this.socket.once("close", resolve));
    }
    await this.#running;
    await this.#controlled;
  }

  /** Closes the connection because telltale stops; terminates it if the client does not answer in time. */
  async stop(withinMs: number): Promise<void> {
    this.#end(CloseCode.stopping, "telltale stops");
    const timer = setTimeout(() => {
      this.socket.terminate();
    }, withinMs);
    await this.whenOver();
    clearTimeout(timer);
  }

  async #run(parameters: URLSearchParams): Promise<void> {
    // Control messages need a replay: read them when there is one.
    this.socket.pause();
    // Errors use the requested coding too.
    if (parameters.get("coding") === "messagepack") this.#coding = "messagepack";
    const { session: name, ...options } = readReplayQuery(parameters);
    const session = await findSession(this.store, name);
    const replay = new Replay(this.store, session.unique_id, options);
    const sendState = () => this.#send(describeState(session.session_id, replay));
    await sendState();
    this.#listen(replay, sendState);
    this.socket.resume();
    const { signal } = this.#over;
    while (!signal.aborted) {
      const slice = new TimeSlice(this.store);
      await replay.play<string | Uint8Array>(
        (_message, frame) => this.#sendFrame(frame),
        signal,
        (message) => slice.run(encodeFrame(describeMessage(message), this.#coding)),
      );
      if (replay.state === "ended") await sendState();
      await replay.whenMoved(signal);
    }
  }

  /** Carries out control messages in order, and answers each. */
  #listen(replay: Replay, answer: () => Promise<void> | undefined): void {
    let waiting = 0;
    const control = async (frame: Buffer, isBinary: boolean) => {
      try {
        const message = readReplayControl(frame, isBinary ? "messagepack" : "json");
        if (message.type === "seek") await replay.seek(message.target);
        else if (message.type === "speed") replay.setSpeed(message.speed);
        else replay[message.type]();
        await answer();
      } catch (error) {
        if (!isClientError(error)) throw error;
        await this.#send(describeError(error));
      }
      waiting -= 1;
    };
    this.socket.on("message", (data, isBinary) => {
      if (this.#over.signal.aborted) return;
      waiting += 1;
      if (waiting > maximumWaitingControls) {
        this.#end(CloseCode.refused, "too many control messages at once");
        return;
      }
      this.#controlled = this.#controlled
        .then(() => control(data as Buffer, isBinary))
        .catch((error: unknown) => {
          this.#fail(error);
        });
    });
  }

  /** Sends a value; returns a promise if the next one should wait until this one is sent. */
  #send(value: Value): Promise<void> | undefined {
    return this.#sendFrame(complete(encodeFrame(value, this.#coding)));
  }

  #sendFrame(frame: string | Uint8Array): Promise<void> | undefined {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return undefined;
    if (socket.bufferedAmount < maximumUnsentBytes) {
      socket.send(frame);
      return undefined;
    }
    return new Promise((resolve) => {
      // Also called with an error if the connection is gone; its close event handles that.
      socket.send(frame, () => {
        resolve();
      });
    });
  }

  /** Sends the client the error, and closes. */
  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    const isKnown = error instanceof DatabaseError || error instanceof ReplayError;
    if (!isKnown) this.logger.error({ err: redactError(error) }, "a replay failed");
    void this.#send(describeError(isKnown ? error : internalError));
    if (isClientError(error)) this.#end(CloseCode.refused, "the replay cannot be played");
    else if (isKnown) this.#end(CloseCode.unavailable, "try again later");
    else this.#end(CloseCode.failed, "telltale failed");
  }

  #end(code: CloseCode, reason: string): void {
    this.#over.abort();
    // A paused socket would not read the client's answer to the close.
    this.socket.resume();
    this.socket.close(code, reason);
  }
}

const internalError = { code: "internal", message: "telltale failed on this replay; its log says more." };

/** Whether the client caused the error, and can correct it. */
function isClientError(error: unknown): error is ReplayError | DatabaseError {
  if (error instanceof ReplayError) return true;
  return (
    error instanceof DatabaseError &&
    ["bad_argument", "unknown_session", "ambiguous_session"].includes(error.code)
  );
}

function describeState(session: string, { state, seq, speed }: Replay): Value {
  return new Map<string, Value>([
    ["state", state],
    ["session", session],
    ["seq", seq],
    ["speed", speed === Infinity ? "max" : speed],
  ]);
}

function describeError({ code, message }: { readonly code: string; readonly message: string }): Value {
  return new Map([
    // The protocol's code.
    ["code", code === "bad_argument" ? "invalid" : code],
    ["server_error", message],
  ]);
}
