import type { ErrorReply } from "../protocol/error-reply.js";
import type { StoredReply } from "../protocol/reply.js";
import { AcknowledgedMessages } from "./acknowledged.js";
import { ClientError, type RejectionCode } from "./client-error.js";
import { Connection, type ConnectionOptions } from "./connection.js";
import type { Events } from "./events.js";
import { type FrameCoding, encodeRequest } from "./frame.js";
import type { Closing } from "./link.js";
import type { Outbox, OutboxMessage, RejectedMessage } from "./outbox/outbox.js";
import { OutboxWriter } from "./outbox/outbox-writer.js";
import { Pending } from "./pending.js";
import { SessionState } from "./session-state.js";
import { makeUuid } from "./uuid.js";
import { WaitingLine } from "./waiting-line.js";

/** How many messages, and how many bytes of them, may be on their way at once; one always may. */
const maximumInFlight = 256;
const maximumBytesInFlight = 1024 * 1024;

/** How much of what was acknowledged is kept in memory, in case the daemon loses it. */
const maximumAcknowledgedBytes = 16 * 1024 * 1024;

export interface DeliveryOptions extends ConnectionOptions {
  readonly coding: FrameCoding;
}

/** What a reply is expected to: a message, or the resume of a session. */
type Exchange =
  { readonly pending: Pending } | { readonly resumed: SessionState; readonly isGreeting: boolean };

/** Brings messages to the daemon: each in its order, until it is acknowledged or refused for good, over as many connections as that takes. */
export class Delivery {
  readonly #coding: FrameCoding;
  readonly #events: Events;
  readonly #writer: OutboxWriter;
  readonly #sessions = new Map<string, SessionState>();
  readonly #line = new WaitingLine<Pending>();
  /** What the outbox does not have yet. */
  readonly #unkept = new Map<string, Pending>();
  readonly #acknowledged = new AcknowledgedMessages(maximumAcknowledgedBytes);
  readonly #rejected = new Map<string, RejectedMessage>();
  readonly #connection: Connection<Exchange>;
  /** Whether the connection's greeting is over, and messages may be sent. */
  #isReady = false;
  #closing: Promise<void> | undefined;
  #bytesInFlight = 0;
  /** Nothing overtakes a setup: where it is refused, what follows must not be sent. */
  #isSettingUp = false;
  /** How many messages to send one by one, to find the one that is too large. */
  #suspects = 0;

  private constructor(outbox: Outbox, events: Events, options: DeliveryOptions) {
    this.#coding = options.coding;
    this.#events = events;
    this.#writer = new OutboxWriter(outbox, {
      onKept: ({ id }) => {
        const pending = this.#unkept.get(id);
        this.#unkept.delete(id);
        if (pending !== undefined) pending.isKept = true;
        this.#pump();
      },
      onFailed: (error) => {
        events.emit("outbox-failed", { error });
      },
    });
    this.#connection = new Connection<Exchange>(options, {
      onOpen: () => {
        this.#greet();
      },
      onReply: (exchange, reply) => {
        if ("pending" in exchange) this.#settle(exchange.pending, reply);
        else this.#settleResume(exchange.resumed, exchange.isGreeting, reply);
        this.#endGreeting();
        this.#pump();
      },
      onLost: (closing, retryInMs) => {
        this.#lose(closing);
        // No acknowledgement will, for a while.
        this.#writer.retry();
        events.emit("disconnected", { ...closing, retryInMs });
      },
    });
  }

  /** Begins with what the outbox holds. */
  static async start(outbox: Outbox, events: Events, options: DeliveryOptions): Promise<Delivery> {
    const { waiting, rejected } = await outbox.read();
    const delivery = new Delivery(outbox, events, options);
    for (const one of rejected) delivery.#rejected.set(one.id, one);
    for (const message of waiting) {
      const pending = delivery.#makePending(message);
      pending.isKept = true;
      delivery.#line.push(pending);
      if (message.type === "setup") delivery.session(message.session).setup = message;
    }
    for (const state of delivery.#sessions.values()) {
      state.isCommitted = state.setup === undefined;
      // Its setup has been acknowledged, else it would be there.
      if (state.isCommitted) state.highestSeq = 1;
    }
    delivery.#connection.open();
    return delivery;
  }

  get pending(): number {
    return this.#line.length;
  }

  get rejected(): RejectedMessage[] {
    return [...this.#rejected.values()];
  }

  /** What is known of a session; one that is not known is new. */
  session(id: string): SessionState {
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    const state = new SessionState(id);
    this.#sessions.set(id, state);
    return state;
  }

  /** Keeps and sends a message; resolves when it is committed. Nobody need wait for that. */
  add(message: OutboxMessage): Promise<StoredReply> {
    if (this.#closing !== undefined) return Promise.reject(closedError());
    const state = this.session(message.session);
    if (message.type === "setup") {
      state.setup ??= message;
      state.refusal = undefined;
    }
    if (state.refusal !== undefined) {
      return this.refuse(message, "setup_refused", describeRefusal(state.refusal));
    }
    const pending = this.#keep(message);
    this.#line.push(pending);
    return pending.promise;
  }

  /** A message that cannot be sent at all. */
  refuse(message: OutboxMessage, code: RejectionCode, reason: string): Promise<never> {
    const rejected = this.#noteRejected(message, code, reason, false);
    return Promise.reject(new ClientError(code, reason, rejected));
  }

  dismiss(ids: readonly string[]): void {
    for (const id of ids) this.#rejected.delete(id);
    this.#writer.dismiss(ids);
  }

  /** Resolves when the daemon has said that it has the session. */
  async resume(id: string): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    const state = this.session(id);
    const setup = this.#line
      .toArray()
      .find(({ message }) => message.type === "setup" && message.session === id);
    if (setup !== undefined) {
      await setup.promise;
      return;
    }
    const resumed = new Promise<void>((resolve, reject) => state.resuming.push({ resolve, reject }));
    if (this.#connection.isOpen && state.resuming.length === 1) this.#sendResume(state, false);
    await resumed;
  }

  /** Resolves when nothing waits; rejects when the client is closed before. */
  async whenEmpty(): Promise<void> {
    while (this.pending > 0) {
      await Promise.all([...this.#sessions.values()].map((state) => state.whenEmpty()));
    }
  }

  /** Ends the connection; what waits stays in the outbox. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isReady = false;
    await this.#connection.close();
    for (const pending of this.#line.toArray()) pending.reject(closedError());
    for (const state of this.#sessions.values()) state.end(closedError());
    await this.#writer.close();
  }

  #makePending(message: OutboxMessage): Pending {
    this.session(message.session).pending += 1;
    return new Pending(message);
  }

  /** A message that the outbox is to have before it is sent. */
  #keep(message: OutboxMessage): Pending {
    const pending = this.#makePending(message);
    this.#unkept.set(message.id, pending);
    this.#writer.add(message);
    return pending;
  }

  /** Goes back to the sessions that go on, so that the daemon says what it has of them. */
  #greet(): void {
    for (const state of this.#sessions.values()) {
      const goesOn = state.isCommitted && (!state.isFinished || state.pending > 0);
      if (goesOn || state.resuming.length > 0) this.#sendResume(state, true);
    }
    this.#endGreeting();
  }

  #sendResume(state: SessionState, isGreeting: boolean): void {
    const [id, type] = [makeUuid(), "resume"];
    const request = { type, message: { session: state.id }, id, sent_at: Date.now() };
    const frame = encodeRequest(request, this.#coding);
    this.#connection.send({ id, type, frame }, { resumed: state, isGreeting });
  }

  #endGreeting(): void {
    if (this.#isReady || this.#closing !== undefined) return;
    if (this.#connection.expected.some((one) => "resumed" in one && one.isGreeting)) return;
    this.#isReady = true;
    this.#events.emit("connected", {});
    this.#pump();
  }

  /** Sends what may be sent now. */
  #pump(): void {
    while (this.#isReady && !this.#isSettingUp) {
      const next = this.#line.nextToSend;
      if (next?.isKept !== true) return;
      const inFlight = this.#line.sentCount;
      if (inFlight >= (this.#suspects > 0 ? 1 : maximumInFlight)) return;
      const { frame, type } = next.message;
      if (inFlight > 0 && this.#bytesInFlight + frame.length > maximumBytesInFlight) return;
      this.#line.markSent();
      this.#bytesInFlight += frame.length;
      this.#isSettingUp = type === "setup";
      this.#connection.send(next.message, { pending: next });
    }
  }

  /** The first of the line has its answer. */
  #settle(pending: Pending, reply: StoredReply | ErrorReply): void {
    const { message } = pending;
    const state = this.session(message.session);
    this.#takeFirst();
    this.#connection.noteProgress();
    if (reply.seq !== undefined) state.highestSeq = Math.max(state.highestSeq, reply.seq);
    if (!reply.ok) {
      this.#reject(pending, reply.code, reply.server_error, reply.stored);
      return;
    }
    this.#writer.remove(message.id);
    if (message.type === "setup") state.isCommitted = true;
    else this.#acknowledged.keep(message, reply.seq);
    state.isFinished = message.type === "exit";
    pending.resolve(reply);
    state.settleOne();
    this.#events.emit("acknowledged", reply);
  }

  #takeFirst(): void {
    const message = this.#line.first?.message;
    this.#line.shift();
    this.#bytesInFlight -= message?.frame.length ?? 0;
    this.#suspects = Math.max(0, this.#suspects - 1);
    if (message?.type === "setup") this.#isSettingUp = false;
  }

  /** A message that is out of the line is refused for good. */
  #reject(pending: Pending, code: RejectionCode, reason: string, isStored: boolean): void {
    const { message } = pending;
    const state = this.session(message.session);
    const isBeginning = message.type === "setup" && !state.isCommitted;
    if (isBeginning) {
      state.refusal = reason;
      state.setup = undefined;
    }
    const rejected = this.#noteRejected(message, code, reason, isStored);
    pending.reject(new ClientError(code, reason, rejected));
    state.settleOne();
    if (isBeginning) this.#refuseSession(state, reason);
  }

  /** A session that was never begun takes no messages: under its id there may be another one. */
  #refuseSession(state: SessionState, reason: string): void {
    const isTheirs = ({ message }: Pending) => message.session === state.id;
    const line = this.#line.toArray();
    this.#line.replace(line.filter((pending) => !isTheirs(pending)));
    for (const pending of line.filter(isTheirs)) {
      this.#reject(pending, "setup_refused", describeRefusal(reason), false);
    }
  }

  #noteRejected(
    message: OutboxMessage,
    code: RejectionCode,
    reason: string,
    stored: boolean,
  ): RejectedMessage {
    const rejected: RejectedMessage = { ...message, code, reason, stored, rejectedAt: Date.now() };
    this.#rejected.set(message.id, rejected);
    this.#writer.reject(rejected);
    this.#events.emit("rejected", rejected);
    return rejected;
  }

  #settleResume(state: SessionState, isGreeting: boolean, reply: StoredReply | ErrorReply): void {
    const waiting = state.resuming.splice(0);
    if (reply.ok) {
      const lastSeq = "last_seq" in reply ? reply.last_seq : reply.seq - 1;
      if (isGreeting && lastSeq < state.highestSeq) this.#makeGood(state, lastSeq);
      state.isCommitted = true;
      // The session that there is under this id is the one that is wanted.
      state.refusal = undefined;
      state.highestSeq = reply.seq;
      for (const { resolve } of waiting) resolve();
      return;
    }
    for (const { reject } of waiting) reject(new ClientError(reply.code, reply.server_error));
    // While messages are on their way nothing is put in front of them; the next greeting will.
    if (!isGreeting || !state.isCommitted || reply.code !== "unknown_session") return;
    state.isCommitted = false;
    this.#makeGood(state, 0);
    state.highestSeq = 0;
  }

  /** Says that the daemon has lost messages of a session, and puts those that are still here in front of what waits. */
  #makeGood(state: SessionState, lastSeq: number): void {
    const again = this.#acknowledged.takeAfter(state.id, lastSeq);
    if (lastSeq === 0 && state.setup !== undefined) again.unshift(state.setup);
    const waiting = this.#line.toArray();
    this.#line.replace([...again.map((message) => this.#keep(message)), ...waiting]);
    // In the outbox too they come before those that wait.
    for (const { message } of waiting.filter(({ message: { session } }) => session === state.id)) {
      this.#writer.remove(message.id);
      this.#writer.add(message);
    }
    this.#events.emit("data-loss", {
      session: state.id,
      acknowledgedSeq: state.highestSeq,
      lastSeq,
      sentAgain: again.length,
    });
  }

  /** The connection is gone: what was on its way has yet to be sent. */
  #lose(closing: Closing): void {
    this.#isReady = false;
    this.#isSettingUp = false;
    const inFlight = this.#line.sentCount;
    if (closing.code === 1009 && inFlight > 0) this.#suspect(inFlight, closing.reason);
    this.#line.unsend();
    this.#bytesInFlight = 0;
  }

  /** One of the messages on their way was too large; the replies to those before it may be lost. */
  #suspect(inFlight: number, reason: string): void {
    const first = this.#line.first;
    if (inFlight > 1 || first === undefined) {
      this.#suspects = inFlight;
      return;
    }
    this.#takeFirst();
    this.#reject(
      first,
      "too_large",
      `The daemon takes no message of this size (${reason}); split it.`,
      false,
    );
  }
}

function closedError(): ClientError {
  return new ClientError("closed", "The client is closed; messages that wait are in its outbox.");
}

function describeRefusal(reason: string): string {
  return `The setup of its session was refused: ${reason}`;
}
