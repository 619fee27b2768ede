import { CloseCode, type ErrorReply, type StoredReply } from "../protocol/index.js";
import { ClientError, closedError, describeRefusal } from "./client-error.js";
import { Connection, type ConnectionOptions } from "./connection.js";
import type { Events } from "./events.js";
import { encodeRequest } from "./frame.js";
import { Greeting, type Resume } from "./greeting.js";
import type { Closing } from "./link.js";
import type { Outbox, OutboxMessage, RejectionCode } from "./outbox/outbox.js";
import { OutboxWriter } from "./outbox/outbox-writer.js";
import { Pending } from "./sending/pending.js";
import { RejectedMessages } from "./rejected-messages.js";
import { SendWindow } from "./sending/send-window.js";
import { Suspects } from "./sending/suspects.js";
import { SessionStates } from "./session-states.js";
import type { SessionState } from "./session-state.js";
import { describeUnencodable } from "./unencodable.js";
import { makeUuid } from "./uuid.js";

/** What a reply answers: a message, or the resume of a session. */
type Exchange = { readonly pending: Pending } | Resume;

/**
 * Brings messages to the daemon in their order. Each stays in the outbox until the daemon acknowledges or refuses it, over as many
 * connections as that takes.
 */
export class Delivery {
  readonly #writer: OutboxWriter;
  readonly sessions = new SessionStates();
  readonly #window = new SendWindow();
  readonly #suspects = new Suspects(this.#window);
  /** Messages that the outbox does not have yet, by id. */
  readonly #unkept = new Map<string, Pending>();
  readonly rejected: RejectedMessages;
  readonly #greeting: Greeting;
  readonly #connection: Connection<Exchange>;
  /** Whether the greeting is over, and messages may be sent. */
  #isReady = false;
  #closing: Promise<void> | undefined;

  private constructor(
    outbox: Outbox,
    readonly events: Events,
    readonly options: ConnectionOptions,
  ) {
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
    this.rejected = new RejectedMessages(this.#writer, events);
    this.#greeting = new Greeting(options.coding, events, {
      stamp: () => this.#connection.clock.stamp(),
      send: (request, resume) => {
        this.#connection.send(request, resume);
      },
      requeue: (state, lost) => {
        this.#requeue(state, lost);
      },
      reconnect: (reason) => {
        this.#connection.drop(reason);
      },
    });
    this.#connection = new Connection<Exchange>(options, {
      onOpen: () => {
        this.#greeting.begin(this.sessions);
        this.#proceed();
      },
      onClockReady: () => {
        this.#proceed();
      },
      onReply: (exchange, reply) => {
        if ("pending" in exchange) this.#settle(exchange.pending, reply);
        else this.#greeting.settle(exchange, reply);
        this.#proceed();
      },
      onLost: (closing, retryInMs, unanswered) => {
        this.#lose(closing, unanswered);
        // Without a connection no acknowledgement will start the next write.
        this.#writer.retry();
        events.emit("disconnected", { ...closing, retryInMs });
      },
    });
  }

  /** Begins with the messages in the outbox. */
  static async start(outbox: Outbox, events: Events, options: ConnectionOptions): Promise<Delivery> {
    const { waiting, rejected } = await outbox.read((damage) => {
      events.emitLater("outbox-damaged", damage);
    });
    const delivery = new Delivery(outbox, events, options);
    delivery.rejected.restore(rejected);
    for (const message of waiting) {
      const pending = delivery.#makePending(message);
      pending.isKept = true;
      delivery.#window.line.push(pending);
    }
    delivery.sessions.noteRestored(waiting);
    delivery.#connection.open();
    return delivery;
  }

  /** The number of messages that are not acknowledged yet. */
  get pending(): number {
    return this.#window.line.length;
  }

  /**
   * Gives a message its id and time, keeps it in the outbox and sends it. Resolves with the reply once it is committed. The promise need
   * not be awaited: events report the result too.
   *
   * @param members the members of the request besides `type`, `id`, `session` and `sent_at`.
   */
  send(session: string, type: string, members: object): Promise<StoredReply> {
    const sent = this.#encodeAndAdd({ type, id: makeUuid(), session }, members);
    sent.catch(() => undefined);
    return sent;
  }

  /** Resolves when the daemon has confirmed that it has the session. */
  async resume(id: string): Promise<void> {
    if (this.#closing !== undefined) throw closedError();
    const state = this.sessions.of(id);
    const setup = this.#window.findSetup(id);
    if (setup !== undefined) {
      await setup.promise;
      return;
    }
    const resumed = new Promise<void>((resolve, reject) => state.resuming.push({ resolve, reject }));
    if (this.#connection.isOpen && state.resuming.length === 1) this.#greeting.resume(state, false);
    await resumed;
  }

  /** Resolves when no message waits; rejects if the client is closed before. */
  async whenEmpty(): Promise<void> {
    while (this.pending > 0) await this.sessions.whenEmpty();
  }

  /** Closes the connection; waiting messages stay in the outbox. May be called again. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#isReady = false;
    this.#suspects.stop();
    await this.#connection.close();
    for (const pending of this.#window.line.toArray()) pending.reject(closedError());
    for (const state of this.sessions) state.end(closedError());
    await this.#writer.close();
  }

  async #encodeAndAdd(named: Omit<OutboxMessage, "frame">, members: object): Promise<StoredReply> {
    const stamp = this.#connection.clock.stamp();
    const request = { ...named, ...stamp, ...members };
    let message;
    try {
      message = { ...named, frame: encodeRequest(request, this.options.coding) };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw this.#refuse({ ...named, frame: describeUnencodable(request) }, "unencodable", reason);
    }
    this.#connection.clock.noteUnstamped(message, stamp);
    return this.#add(message);
  }

  #add(message: OutboxMessage): Promise<StoredReply> {
    if (this.#closing !== undefined) throw closedError();
    const state = this.sessions.of(message.session);
    if (message.type === "setup") {
      state.setup ??= message;
      state.refusal = undefined;
    }
    if (state.refusal !== undefined) {
      throw this.#refuse(message, "setup_refused", describeRefusal(state.refusal));
    }
    const pending = this.#keep(message);
    this.#window.line.push(pending);
    return pending.promise;
  }

  /** Notes that a message cannot be sent at all; returns the error that says why. */
  #refuse(message: OutboxMessage, code: RejectionCode, reason: string): ClientError {
    return new ClientError(code, reason, this.rejected.add(message, code, reason, false));
  }

  #makePending(message: OutboxMessage): Pending {
    this.sessions.of(message.session).pending += 1;
    return new Pending(message);
  }

  /** Writes a message to the outbox, which must have it before it is sent. */
  #keep(message: OutboxMessage): Pending {
    const pending = this.#makePending(message);
    this.#unkept.set(message.id, pending);
    this.#writer.add(message);
    return pending;
  }

  /** Ends the greeting when it is over, and sends the messages that may be sent now. */
  #proceed(): void {
    if (this.#closing !== undefined || !this.#connection.isOpen) return;
    const isGreeting = () => this.#connection.expected.some((one) => "resumed" in one && one.isGreeting);
    if (!this.#isReady && !isGreeting() && this.#connection.clock.checkReady()) {
      this.#isReady = true;
      this.#suspects.begin(() => {
        this.#pump();
      });
      this.events.emit("connected", {});
    }
    this.#pump();
  }

  #pump(): void {
    while (this.#isReady && this.#connection.clock.checkReady()) {
      const next = this.#window.takeNext(this.#suspects.isSteady);
      if (next === undefined) return;
      this.#connection.send(next.message, { pending: next });
    }
  }

  /** Handles the reply to the first message of the line. */
  #settle(pending: Pending, reply: StoredReply | ErrorReply): void {
    const { message } = pending;
    const state = this.sessions.of(message.session);
    this.#window.removeFirst();
    this.#connection.noteProgress();
    this.#suspects.noteProgress();
    if (reply.seq !== undefined) state.noteStored(reply.seq, reply.digest);
    if (!reply.ok) {
      this.#reject(pending, reply.code, reply.server_error, reply.stored);
      return;
    }
    this.#writer.remove(message.id);
    if (message.type === "setup") state.isCommitted = true;
    else this.#greeting.acknowledged.keep({ message, seq: reply.seq, digest: reply.digest });
    state.isFinished = message.type === "exit";
    pending.resolve(reply);
    state.settleOne();
    this.events.emit("acknowledged", reply);
  }

  /** Refuses a message that has already left the line. */
  #reject(pending: Pending, code: RejectionCode, reason: string, isStored: boolean): void {
    const { message } = pending;
    const state = this.sessions.of(message.session);
    const isBeginning = message.type === "setup" && !state.isCommitted;
    if (isBeginning) {
      state.refusal = reason;
      state.setup = undefined;
    }
    const rejected = this.rejected.add(message, code, reason, isStored);
    pending.reject(new ClientError(code, reason, rejected));
    state.settleOne();
    if (isBeginning) this.#refuseSession(state, reason);
  }

  /** Refuses the waiting messages of a session that never began: another session may have its id. */
  #refuseSession(state: SessionState, reason: string): void {
    const belongsToSession = ({ message }: Pending) => message.session === state.id;
    const line = this.#window.line.toArray();
    this.#window.line.replace(line.filter((pending) => !belongsToSession(pending)));
    for (const pending of line.filter(belongsToSession)) {
      this.#reject(pending, "setup_refused", describeRefusal(reason), false);
    }
  }

  #requeue(state: SessionState, lost: readonly OutboxMessage[]): void {
    const waiting = this.#window.line.toArray();
    this.#window.line.replace([...lost.map((message) => this.#keep(message)), ...waiting]);
    // The outbox too must have them before the waiting ones.
    for (const { message, deaths } of waiting.filter(({ message: { session } }) => session === state.id)) {
      this.#writer.remove(message.id);
      this.#writer.add(deaths > 0 ? { ...message, deaths } : message);
    }
  }

  #lose(closing: Closing, unanswered: readonly Exchange[]): void {
    this.#isReady = false;
    const tooLarge = closing.code === CloseCode.tooLarge ? this.#window.findTooLarge() : undefined;
    if (tooLarge !== undefined) {
      this.#window.removeFirst();
      const reason = `The message is larger than the daemon accepts (${closing.reason}); split it.`;
      this.#reject(tooLarge, "too_large", reason, false);
    }
    const suspect = this.#suspects.end(unanswered.map((one) => ("pending" in one ? one.pending : undefined)));
    if (suspect?.reason !== undefined) {
      this.#window.removeFirst();
      this.#reject(suspect.pending, "too_costly", suspect.reason, false);
    } else if (suspect !== undefined)
      this.#writer.suspect(suspect.pending.message.id, suspect.pending.deaths);
    this.#window.reset();
  }
}
