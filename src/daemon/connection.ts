import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import type { Logger } from "pino";
import type { WebSocket } from "ws";
import { type Database, DatabaseError, type Session, type Write } from "../database/index.js";
import { peerOf } from "../access/index.js";
import { type Handler, SetupError, handlerOf, receiveMessage } from "../handlers/index.js";
import {
  type Coding,
  type ErrorCode,
  ProtocolError,
  type Reply,
  type Request,
  type Value,
  decodeFrame,
  internalSentence,
  isMap,
  readRequest,
  readResumeTarget,
} from "../protocol/index.js";
import { type Asked, answerError, answerStored } from "./answer.js";
import { Fifo } from "./fifo.js";
import type { Metrics } from "./metrics.js";
import { Replies, type ReplySlot } from "./replies.js";
import type { SessionDirectory } from "./session-directory.js";

/** What is kept of a malformed frame. */
const maximumMalformedBytes = 1024 * 1024;

/** Replies that the client has not read pause its socket beyond this. */
const maximumUnreadBytes = 1024 * 1024;

/** Memory that a waiting frame takes beside its bytes, roughly. */
const overheadBytes = 1024;

/** How many frames of one connection are handled before the others have their turn. */
const framesInARow = 256;

/** A type or id longer than any that is allowed is not repeated to the client. */
const longestEcho = 128;

/** What ws closes the connection for before it gives the frame out, and why, by ws' own code. */
const unreadable: Readonly<Record<string, string>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH:
    "The frame is over the size limit; split the message, or raise --max-message-bytes.",
  WS_ERR_TOO_MANY_BUFFERED_PARTS: "The message came in too many parts; send it in fewer.",
};

/** Why a socket is not read. */
type Hold = "queue" | "in flight" | "replies" | "rejections";

/** How much of a connection may wait for its reply before no more is read from it; what is read already is taken all the same. */
export interface ConnectionLimits {
  readonly maximumMessagesInFlight: number;
  readonly maximumBytesInFlight: number;
}

/** What every connection of a daemon works with. */
export interface ConnectionServices {
  readonly database: Database;
  readonly directory: SessionDirectory;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly limits: ConnectionLimits;
  /** Notes that a message was rejected; gives for how many ms not to read from the connection. */
  readonly noteRejection: () => number;
}

/** A request, from its frame to its reply. */
class Exchange implements Asked, ReplySlot {
  type: string | null = null;
  id: string | undefined = undefined;
  reply: ReplySlot["reply"] = undefined;
  close: ReplySlot["close"] = undefined;
  readonly receivedAt = Date.now();

  constructor(
    readonly frame: Buffer,
    readonly coding: Coding,
  ) {}

  /** Memory that it takes while it waits. */
  get bytes(): number {
    return this.frame.length + overheadBytes;
  }
}

/** One client's connection: takes its frames in order, and answers each after its commit. */
export class Connection {
  readonly peer: string;
  readonly #socket: WebSocket;
  readonly #stream: Socket;
  readonly #services: ConnectionServices;
  readonly #replies: Replies;
  readonly #inbox = new Fifo<Exchange>();
  /** What was taken and is not answered yet. */
  #inFlight = 0;
  #bytesInFlight = 0;
  #slowed: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #isTaking = true;
  /** Aborted when a write failed: what comes after it on this connection must not overtake it. */
  readonly #failure = new AbortController();
  /** The sessions set up or resumed here; a session's place is its strat_id. */
  readonly #sessions: Session[] = [];
  #current: Session | undefined;
  readonly #holds = new Set<Hold>();
  /** Whether it was not read for a while since the last ping, for no fault of the client's. */
  #wasPausedHere = false;
  #silentPings = 0;
  #heardBytes = 0;
  #unsentBytes = 0;

  /** @param stream the socket's own stream. */
  constructor(socket: WebSocket, stream: Socket, services: ConnectionServices) {
    this.peer = peerOf(stream);
    this.#socket = socket;
    this.#stream = stream;
    this.#services = services;
    this.#replies = new Replies(socket, stream);
    this.holdForQueue(services.database.isQueueFull);
    socket.on("message", (data, isBinary) => {
      this.#take(data as Buffer, isBinary ? "messagepack" : "json");
    });
    // Without a listener one bad frame would end the process; ws closes the connection itself.
    socket.on("error", (error) => {
      this.#noteSocketError(error);
    });
    socket.on("close", () => {
      clearTimeout(this.#slowed);
    });
    stream.on("drain", () => {
      this.#hold("replies", false);
    });
  }

  /** The id of its current session. */
  get session(): string | undefined {
    return this.#current?.id;
  }

  /** Stops reading while the write queue is full. */
  holdForQueue(isFull: boolean): void {
    this.#hold("queue", isFull);
  }

  /** Pings the client, and drops one that was silent for two pings; what is paused here is not silent. */
  beat(): void {
    const isPausedHere = this.#isPausedHere;
    const wasPausedHere = this.#wasPausedHere || isPausedHere;
    this.#wasPausedHere = isPausedHere;
    // Whatever comes is a sign of life, a part of a large frame too; and so is that replies are being read.
    const isHeard = this.#stream.bytesRead > this.#heardBytes;
    const isReading = this.#socket.bufferedAmount < this.#unsentBytes;
    this.#heardBytes = this.#stream.bytesRead;
    this.#unsentBytes = this.#socket.bufferedAmount;
    this.#silentPings = isHeard || wasPausedHere || isReading ? 0 : this.#silentPings + 1;
    if (this.#silentPings >= 2) {
      this.#services.logger.info({ peer: this.peer }, "connection dropped: silent for two pings");
      this.#socket.terminate();
      return;
    }
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.ping();
  }

  /** Takes no more frames; resolves when those taken are answered, with whether all of them could be written. */
  async drain(): Promise<boolean> {
    this.#isTaking = false;
    await this.#working;
    await this.#replies.whenAllSent();
    return !this.#failure.signal.aborted;
  }

  /** Closes with a code; drops a client that does not answer that in time. */
  async close(code: number, reason: string, withinMs: number): Promise<void> {
    if (this.#socket.readyState === this.#socket.CLOSED) return;
    const closed = new Promise<void>((resolve) => this.#socket.once("close", resolve));
    this.#endTaking();
    this.#socket.close(code, reason);
    const timer = setTimeout(() => {
      this.#socket.terminate();
    }, withinMs);
    await closed;
    clearTimeout(timer);
  }

  #take(frame: Buffer, coding: Coding): void {
    if (!this.#isTaking) return;
    const exchange = new Exchange(frame, coding);
    this.#inbox.push(exchange);
    this.#countInFlight(1, exchange.bytes);
    if (!this.#isWorking) this.#working = this.#work();
  }

  #countInFlight(messages: number, bytes: number): void {
    this.#inFlight += messages;
    this.#bytesInFlight += bytes;
    const { maximumMessagesInFlight, maximumBytesInFlight } = this.#services.limits;
    // Once it is paused, half must be answered: one reply at a time would wake the socket for each.
    const share = this.#holds.has("in flight") ? 0.5 : 1;
    this.#hold(
      "in flight",
      this.#inFlight > maximumMessagesInFlight * share || this.#bytesInFlight > maximumBytesInFlight * share,
    );
  }

  /** Takes no more frames, and reads on all the same: of a paused socket the client's answer to the close would not be heard. */
  #endTaking(): void {
    this.#isTaking = false;
    clearTimeout(this.#slowed);
    this.#holds.clear();
    this.#socket.resume();
  }

  #hold(reason: Hold, isOn: boolean): void {
    if (isOn === this.#holds.has(reason) || (isOn && !this.#isTaking)) return;
    if (isOn) this.#holds.add(reason);
    else this.#holds.delete(reason);
    this.#wasPausedHere ||= this.#isPausedHere;
    if (this.#holds.size > 0) this.#socket.pause();
    else this.#socket.resume();
  }

  get #isPausedHere(): boolean {
    return [...this.#holds].some((hold) => hold !== "replies");
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    let next = this.#inbox.shift();
    for (let taken = 1; next !== undefined; taken += 1) {
      // After a failed write nothing more is begun: it would overtake what failed.
      if (!this.#failure.signal.aborted) {
        this.#replies.reserve(next);
        const settled = this.#handle(next);
        if (settled !== undefined) await settled;
      }
      // Many small frames in a row must not keep the other connections waiting.
      if (taken % framesInARow === 0) await setImmediate();
      next = this.#inbox.shift();
    }
    this.#isWorking = false;
  }

  /** Begins what a frame asks for; a promise when the frames after it must wait for it. */
  #handle(exchange: Exchange): Promise<void> | undefined {
    try {
      const value = decodeFrame(exchange.frame, exchange.coding);
      noteAsked(exchange, value);
      const request = readRequest(value);
      const handler = handlerOf(request.type);
      const { frame, receivedAt } = exchange;
      const message = receiveMessage(request, { frame, receivedAt, peer: this.peer }, randomUUID);
      if (handler.binding === "begins") {
        const write = handler.derive(request, message, this.#current, randomUUID);
        const { experimentId, trialForm } = write.session;
        return this.#commit(exchange, handler, write, { id: write.session.id, experimentId, trialForm });
      }
      const write = (session: Session) =>
        this.#commit(exchange, handler, handler.derive(request, message, session), session);
      const session = this.#findSession(request, handler);
      if (session instanceof Promise) {
        return session.then(write).catch((error: unknown) => this.#refuse(exchange, error));
      }
      const committed = write(session);
      return handler.binding === "keeps" ? undefined : committed;
    } catch (error) {
      void this.#refuse(exchange, error);
      return undefined;
    }
  }

  /** The session that a message is for; a promise when it must be asked of the database. */
  #findSession(request: Request, handler: Handler): Session | Promise<Session> {
    const target = handler.binding === "resumes" ? readResumeTarget(request) : {};
    if (target.stratId !== undefined) {
      const session = this.#sessions[target.stratId];
      if (session !== undefined) return session;
      // Somebody who sends the messages of another connection again names the session that its number stood for.
      if (request.session === undefined)
        throw new ProtocolError(
          "unknown_session",
          `This connection has no strat_id ${target.stratId}; resume with the session's id instead.`,
        );
    }
    const id = target.session ?? request.session ?? this.#current?.id;
    if (id === undefined) {
      throw new ProtocolError(
        "no_session",
        "This connection has no session; send a setup or a resume first.",
      );
    }
    if (id === this.#current?.id) return this.#current;
    return this.#services.directory.recall(id) ?? this.#lookUp(id);
  }

  async #lookUp(id: string): Promise<Session> {
    const session = await this.#services.directory.find(id);
    if (session !== undefined) return session;
    throw new ProtocolError("unknown_session", `There is no session ${id}; send a setup to begin one.`);
  }

  /** Writes what a message leaves, and answers it after the commit. */
  async #commit(exchange: Exchange, handler: Handler, write: Write, session: Session): Promise<void> {
    try {
      const settlement = await this.#services.database.submit(write, this.#failure.signal);
      if (settlement.kind === "rejected") {
        if (settlement.code === "unknown_session") this.#services.directory.forget(session.id);
        this.#logRejection(settlement.code, settlement.reason);
        this.#answer(exchange, answerError(exchange, settlement.code, settlement.reason));
        return;
      }
      const { message } = settlement;
      const isKnown = handler.binding === "begins" && message.isDuplicate;
      const bound = isKnown ? ((await this.#services.directory.find(session.id)) ?? session) : session;
      const stratId = handler.binding === "keeps" ? 0 : this.#bind(handler.binding, bound);
      if (handler.binding === "begins" && !message.isDuplicate) {
        this.#services.logger.info({ session: session.id, peer: this.peer }, "session begun");
      }
      this.#answer(exchange, answerStored(exchange.type ?? "", message, handler.answer(message, stratId)));
    } catch (error) {
      await this.#refuse(exchange, error);
    }
  }

  /** Makes a session the connection's current one, or ends it; gives its strat_id. */
  #bind(binding: "begins" | "resumes" | "ends", session: Session): number {
    if (binding === "ends") {
      if (this.#current?.id === session.id) this.#current = undefined;
      return 0;
    }
    this.#current = this.#services.directory.remember(session);
    const place = this.#sessions.findIndex(({ id }) => id === session.id);
    return place === -1 ? this.#sessions.push(this.#current) - 1 : place;
  }

  /** Answers a request that failed before its commit, and keeps its frame. */
  async #refuse(exchange: Exchange, error: unknown): Promise<void> {
    if (error instanceof DatabaseError) {
      this.#fail(exchange, error);
      return;
    }
    const isTheirs = error instanceof ProtocolError || error instanceof SetupError;
    if (!isTheirs) {
      this.#services.logger.error({ err: error, peer: this.peer }, "a message could not be handled");
    }
    const code = isTheirs ? error.code : "internal";
    const reason = isTheirs ? error.message : internalSentence;
    try {
      const { frame } = exchange;
      const contents = code === "malformed" ? frame.subarray(0, maximumMalformedBytes) : frame;
      await this.#reject(code, reason, contents, frame.length, exchange.receivedAt);
      this.#answer(exchange, answerError(exchange, code, reason));
    } catch (failure) {
      this.#fail(exchange, failure);
    }
  }

  /** Keeps a frame that cannot become a message of a session. */
  async #reject(
    code: ErrorCode,
    reason: string,
    contents: Buffer | null,
    length: number | null,
    receivedAt: number,
  ): Promise<void> {
    this.#logRejection(code, reason);
    const sessionId = this.#current?.id ?? null;
    const { peer } = this;
    await this.#services.database.submit(
      { kind: "rejection", code, reason, peer, contents, length, receivedAt, sessionId },
      this.#failure.signal,
    );
  }

  #logRejection(code: ErrorCode, reason: string): void {
    this.#services.logger.warn({ peer: this.peer, code }, `message rejected: ${reason}`);
    this.#slowDown(this.#services.noteRejection());
  }

  /** Reads nothing for a while from a client that has too much rejected. */
  #slowDown(pauseMs: number): void {
    if (pauseMs === 0 || !this.#isTaking) return;
    this.#hold("rejections", true);
    clearTimeout(this.#slowed);
    this.#slowed = setTimeout(() => {
      this.#hold("rejections", false);
    }, pauseMs);
  }

  /** Answers a request whose write failed, as the last one of the connection: nothing later may overtake it. */
  #fail(exchange: Exchange, error: unknown): void {
    this.#failure.abort();
    this.#endTaking();
    this.#services.metrics.countUnavailable();
    const sentence =
      error instanceof DatabaseError
        ? error.message
        : "telltale failed; connect again and send the message again.";
    const reply = answerError(exchange, "unavailable", sentence);
    this.#replies.answer(exchange, reply, { code: 1013, reason: "try again later" });
    this.#countInFlight(-1, -exchange.bytes);
  }

  #answer(exchange: Exchange, reply: Reply): void {
    this.#replies.answer(exchange, reply);
    this.#countInFlight(-1, -exchange.bytes);
    if (this.#socket.bufferedAmount > maximumUnreadBytes) this.#hold("replies", true);
  }

  #noteSocketError(error: Error): void {
    const reason = unreadable["code" in error ? String(error.code) : ""];
    if (reason === undefined) {
      this.#services.logger.warn({ peer: this.peer }, `connection failed: ${error.message}`);
      return;
    }
    this.#reject("malformed", reason, null, null, Date.now()).catch((failure: unknown) => {
      this.#services.logger.error({ err: failure, peer: this.peer }, "an oversize frame could not be noted");
    });
  }
}

/** Notes the type and id of what a frame says, as far as they can be read. */
function noteAsked(exchange: Exchange, value: Value): void {
  if (!isMap(value)) return;
  const type = value.get("type");
  const id = value.get("id");
  if (typeof type === "string" && type.length <= longestEcho) exchange.type = type;
  if (typeof id === "string" && id.length <= longestEcho) exchange.id = id;
}
