import type { Socket } from "node:net";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { type ReadOnlyStore, DatabaseError, redactError } from "../database/index.js";
import { CloseCode, type Coding, type Value } from "../protocol/index.js";
import { findSession } from "../queries/index.js";
import { readReplayControl } from "./replay-control.js";
import { ReplayError } from "./replay-error.js";
import { readReplayQuery } from "./replay-query.js";
import { Replay } from "./replay.js";
import { describeMessage, encodeFrame } from "./replayed-message.js";

/** What is sent beyond this many bytes that the client has not taken makes the replay wait for it. */
const maximumUnsentBytes = 256 * 1024;

/** A client that has sent more control messages than this before they are answered is closed. */
const maximumWaitingControls = 100;

/** After how much silence the system asks whether the client is still there. One that reads slowly is, and is kept. */
const keepAliveMs = 20_000;

/** One client's replay: gives it messages, and does what it says. */
export class ReplayConnection {
  /** Aborted when the connection is over. */
  readonly #over = new AbortController();
  readonly #running: Promise<void>;
  /** Resolves when what was asked for until now is done. */
  #obeyed = Promise.resolve();
  #coding: Coding = "json";

  /** @param stream the socket's own stream. */
  constructor(
    readonly socket: WebSocket,
    stream: Socket,
    readonly database: ReadOnlyStore,
    readonly logger: Logger,
    parameters: URLSearchParams,
  ) {
    stream.setKeepAlive(true, keepAliveMs);
    // Without a listener one bad frame would end the process; ws closes the connection itself.
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

  /** Resolves when the connection is closed and nothing is read for it any more. */
  async whenOver(): Promise<void> {
    if (this.socket.readyState !== this.socket.CLOSED) {
      await new Promise((resolve) => this.socket.once("close", resolve));
    }
    await this.#running;
    await this.#obeyed;
  }

  /** Closes because telltale stops; drops a client that does not answer that in time. */
  async stop(withinMs: number): Promise<void> {
    this.#end(CloseCode.stopping, "telltale stops");
    const timer = setTimeout(() => {
      this.socket.terminate();
    }, withinMs);
    await this.whenOver();
    clearTimeout(timer);
  }

  async #run(parameters: URLSearchParams): Promise<void> {
    // What the client says is heard when there is a replay to do it with.
    this.socket.pause();
    // An error too is coded as was asked.
    if (parameters.get("coding") === "messagepack") this.#coding = "messagepack";
    const { session: name, ...options } = readReplayQuery(parameters);
    const session = await findSession(this.database, name);
    const replay = new Replay(this.database, session.unique_id, options);
    const sendState = () => this.#send(describeState(session.session_id, replay));
    await sendState();
    this.#obey(replay, sendState);
    this.socket.resume();
    const { signal } = this.#over;
    while (!signal.aborted) {
      await replay.play((message) => this.#send(describeMessage(message)), signal);
      if (replay.state === "ended") await sendState();
      await replay.whenMoved(signal);
    }
  }

  /** Does what control messages say, in their order, and answers each. */
  #obey(replay: Replay, answer: () => Promise<void> | undefined): void {
    let waiting = 0;
    const obey = async (frame: Buffer, isBinary: boolean) => {
      try {
        const control = readReplayControl(frame, isBinary ? "messagepack" : "json");
        if (control.type === "seek") await replay.seek(control.target);
        else if (control.type === "speed") replay.setSpeed(control.speed);
        else replay[control.type]();
        await answer();
      } catch (error) {
        if (!isTheirs(error)) throw error;
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
      this.#obeyed = this.#obeyed
        .then(() => obey(data as Buffer, isBinary))
        .catch((error: unknown) => {
          this.#fail(error);
        });
    });
  }

  /** Sends a frame; a promise where the next one should wait until the client has taken this one. */
  #send(value: Value): Promise<void> | undefined {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN) return undefined;
    const frame = encodeFrame(value, this.#coding);
    if (socket.bufferedAmount < maximumUnsentBytes) {
      socket.send(frame);
      return undefined;
    }
    return new Promise((resolve) => {
      // Called with an error when the connection is gone: that is told by its close.
      socket.send(frame, () => {
        resolve();
      });
    });
  }

  /** Tells the client what is wrong, and closes. */
  #fail(error: unknown): void {
    if (this.#over.signal.aborted) return;
    const isKnown = error instanceof DatabaseError || error instanceof ReplayError;
    if (!isKnown) this.logger.error({ err: redactError(error) }, "a replay failed");
    void this.#send(describeError(isKnown ? error : internalError));
    if (isTheirs(error)) this.#end(CloseCode.refused, "the replay cannot be given");
    else if (isKnown) this.#end(CloseCode.unavailable, "try again later");
    else this.#end(CloseCode.failed, "telltale failed");
  }

  #end(code: CloseCode, reason: string): void {
    this.#over.abort();
    // A paused socket would not hear the client's answer to the close.
    this.socket.resume();
    this.socket.close(code, reason);
  }
}

const internalError = { code: "internal", message: "telltale failed on this replay; its log says more." };

/** What a client can put right. */
function isTheirs(error: unknown): error is ReplayError | DatabaseError {
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
    // The protocol's word for it.
    ["code", code === "bad_argument" ? "invalid" : code],
    ["server_error", message],
  ]);
}
