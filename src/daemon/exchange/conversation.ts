import { Fifo } from "../../common/index.js";
import { type ClockReply, type Coding, maximumProbeBytes, readClockProbe } from "../../protocol/index.js";
import type { Door } from "./door.js";
import { Exchange } from "./exchange.js";
import { Replies } from "./replies.js";
import { Responder, type ResponderServices } from "./responder.js";
import { SteadyClock } from "./steady-clock.js";

/** What every conversation of a daemon works with. */
export interface ConversationServices extends ResponderServices {
  /** Counts a message that was answered `unavailable`. */
  readonly countUnavailable: () => void;
}

/**
 * The exchange of frames and replies with one client, through any door: begins the frames in order, and answers each after its
 * commit. After a failed write nothing more is begun or answered, so that no message overtakes the failed one.
 */
export class Conversation {
  readonly #door: Door;
  readonly #services: ConversationServices;
  readonly #replies: Replies;
  readonly #responder: Responder;
  readonly #inbox = new Fifo<Exchange>();
  readonly #failure = new AbortController();
  readonly #clock = new SteadyClock();
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #isTaking = true;

  constructor(door: Door, services: ConversationServices) {
    this.#door = door;
    this.#services = services;
    this.#replies = new Replies(door);
    const { peer, hasCurrentSession } = door;
    this.#responder = new Responder(services, peer, hasCurrentSession, this.#failure.signal, {
      answer: (exchange, reply) => {
        this.#replies.answer(exchange, reply);
        door.flow?.end(exchange.bytes);
      },
      fail: (exchange, reply) => {
        this.#failure.abort();
        this.end();
        services.countUnavailable();
        this.#replies.answerLast(exchange, reply);
        door.flow?.end(exchange.bytes);
      },
      noteRejection: () => {
        const pauseMs = door.noteRejection();
        door.flow?.slowDown(pauseMs);
      },
    });
    door.flow?.hold("queue", services.database.isQueueFull);
  }

  /** The id of the current session. */
  get session(): string | undefined {
    return this.#responder.binding.currentId;
  }

  /** Takes a frame; the door's `send` gets its reply. */
  take(frame: Buffer, coding: Coding): void {
    if (!this.#isTaking) return;
    const probed = this.#answerProbe(frame, coding);
    if (probed !== undefined) {
      this.#door.send(probed, coding);
      return;
    }
    const exchange = new Exchange(frame, coding);
    this.#inbox.push(exchange);
    this.#door.flow?.begin(exchange.bytes);
    if (!this.#isWorking) this.#working = this.#work();
  }

  /** Stores that the client sent a frame which the transport could not read; it gets no reply. */
  noteUnreadable(reason: string): void {
    this.#responder.reject("malformed", reason, null, null, Date.now()).catch((failure: unknown) => {
      this.#services.logger.error(
        { err: failure, peer: this.#door.peer },
        "an oversize frame could not be noted",
      );
    });
  }

  /** Takes no more frames; resolves when those taken are answered, with whether all of them could be written. */
  async drain(): Promise<boolean> {
    this.#isTaking = false;
    this.#door.flow?.freeze();
    await this.#working;
    await this.#replies.whenAllSent();
    return !this.#failure.signal.aborted;
  }

  /** Takes no more frames, and lets the door read on until it is closed. */
  end(): void {
    this.#isTaking = false;
    this.#door.flow?.release();
  }

  /** Answers a clock probe out of turn: behind messages that wait for their commit it would measure the disk. */
  #answerProbe(frame: Buffer, coding: Coding): ClockReply | undefined {
    if (frame.length > maximumProbeBytes || !frame.includes("clock")) return undefined;
    const receivedAt = this.#clock.now();
    const probe = readClockProbe(frame, coding);
    if (probe === undefined) return undefined;
    const { type, id, sent_at: sentAt } = probe;
    return {
      type,
      ok: true,
      stored: false,
      ...(id === undefined ? {} : { id }),
      sent_at: sentAt,
      received_at: receivedAt,
      answered_at: this.#clock.now(),
    };
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      if (!this.#failure.signal.aborted) {
        this.#replies.reserve(next);
        const settled = this.#responder.begin(next);
        if (settled !== undefined) await settled;
      }
      // Many small frames in a row must not keep the other clients waiting.
      if (this.#services.turns.isOver) await this.#services.turns.next();
    }
    this.#isWorking = false;
  }
}
