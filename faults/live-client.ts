import { setTimeout as pause } from "node:timers/promises";
import { Client, readReply } from "../harness/client.js";
import { type Coding, encode } from "../harness/load/workload.js";
import type { Ledger } from "./ledger.js";
import { makeMessage, makeSetup } from "./messages.js";
import type { Random } from "./random.js";

/** The number of unanswered messages that a client keeps in flight. */
const inFlight = 8;
/** The probability that a client resends a message acknowledged long ago. */
const resendProbability = 0.01;

export interface LiveClientOptions {
  /** The last letter of its ids, so that no id is a prefix of another. */
  readonly name: string;
  /** The daemon's current URL; undefined while no daemon runs. */
  readonly findUrl: () => string | undefined;
  readonly coding: Coding;
  readonly random: Random;
  readonly ledger: Ledger;
  /** How long to wait for a handshake or a reply before dropping the connection. */
  readonly patienceMs: number;
}

type Frame = string | Buffer;

/** The members of a reply that the client reads. */
interface LiveReply {
  readonly stored?: boolean;
  readonly id?: string;
  readonly code?: string;
  readonly server_error?: string;
  readonly seq?: number;
  readonly last_seq?: number;
}

/**
 * A client like an experiment's: it sends messages one after another and keeps the unacknowledged ones. After a broken
 * connection it reconnects, resumes its session, and resends those first. It records everything in a ledger.
 */
export class LiveClient {
  readonly session: string;
  readonly #options: LiveClientOptions;
  readonly #setupId: string;
  /** Unacknowledged messages, in order. */
  readonly #outbox = new Map<string, Frame>();
  /** A sample of the acknowledged messages. */
  readonly #old: { readonly id: string; readonly frame: Frame }[] = [];
  #client: Client | undefined;
  /** The ids of the unanswered messages sent on this connection, in order. */
  #awaited: string[] = [];
  /** The ids of the messages to resend on this connection before any new message. */
  #queue: string[] = [];
  #made = 0;
  #resumes = 0;
  #isFinishing = false;
  #isOver = false;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LiveClientOptions) {
    this.#options = options;
    this.session = options.random.uuid();
    this.#setupId = `setup-1${options.name}`;
    this.#put(this.#setupId, makeSetup(this.#setupId, this.session));
  }

  /** Runs until it is halted or finished. */
  start(): void {
    this.#isOver = false;
    this.#isFinishing = false;
    this.#running = this.#run();
  }

  /** Stops making messages; resolves to the number still unacknowledged: 0, or more on a timeout. */
  async finish(withinMs: number): Promise<number> {
    this.#isFinishing = true;
    const until = performance.now() + withinMs;
    while (this.#outbox.size > 0 && performance.now() < until) await pause(5);
    await this.halt();
    return this.#outbox.size;
  }

  /** Disconnects abruptly, like a client that loses power, and keeps its outbox. */
  async halt(): Promise<void> {
    this.#isOver = true;
    this.#client?.socket.terminate();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { findUrl, random } = this.#options;
    while (!this.#isOver) {
      const url = findUrl();
      if (url !== undefined) await this.#connect(url);
      await pause(random.whole(2, 40));
    }
  }

  /** Resolves when the connection breaks or cannot be made. */
  async #connect(url: string): Promise<void> {
    const { coding, patienceMs } = this.#options;
    let heardAt = performance.now();
    const client = Client.open(url, coding, {
      handshakeTimeout: patienceMs,
      onReply: (frame, isBinary) => {
        heardAt = performance.now();
        this.#take(readReply(frame, isBinary));
      },
    });
    const { socket } = client;
    this.#client = client;
    this.#awaited = [];
    this.#queue = [...this.#outbox.keys()];
    const watch = setInterval(() => {
      if (performance.now() - heardAt > patienceMs) socket.terminate();
    }, patienceMs / 4);
    socket.on("open", () => {
      heardAt = performance.now();
      if (this.#outbox.has(this.#setupId)) this.#fill();
      else this.#resume();
    });
    await client.closed();
    clearInterval(watch);
  }

  /** Resumes its session; everything else waits for the reply. */
  #resume(): void {
    this.#resumes += 1;
    const id = `resume-${this.#resumes}${this.#options.name}`;
    const frame = encode({ type: "resume", id, message: { session: this.session } }, this.#options.coding);
    this.#options.ledger.noteSent(this.session, id, frame);
    this.#send(id, frame);
  }

  #take(reply: LiveReply): void {
    const { ledger } = this.#options;
    const id = this.#awaited.shift() ?? "nothing";
    if (reply.id !== id)
      this.#contradict(`the reply to ${id} names ${reply.id ?? "nothing"}: ${reply.server_error ?? ""}`);
    else if (reply.stored === true && reply.seq !== undefined) {
      if (reply.last_seq !== undefined && reply.last_seq < ledger.highestSeq(this.session))
        this.#contradict(
          `a resume says that ${reply.last_seq} is the last seq, and a higher one was acknowledged`,
        );
      ledger.noteAcknowledged(this.session, id, reply.seq);
      this.#forget(id);
      this.#fill();
    } else if (reply.code === "unavailable") ledger.unavailable += 1;
    else {
      this.#contradict(`${id} was refused as ${reply.code ?? "nothing"}: ${reply.server_error ?? ""}`);
      if (reply.code === "unknown_session") this.#beginAgain();
    }
  }

  /** Sets the session up again after the daemon lost it, so that the run can continue. */
  #beginAgain(): void {
    this.#put(this.#setupId, makeSetup(this.#setupId, this.session));
    this.#client?.socket.terminate();
  }

  /** Removes an acknowledged message from the outbox, and remembers some for resending. */
  #forget(id: string): void {
    const frame = this.#outbox.get(id);
    this.#outbox.delete(id);
    if (frame === undefined || id === this.#setupId) return;
    if (this.#old.length < 20) this.#old.push({ id, frame });
    else if (this.#options.random.chance(0.1)) this.#old[this.#options.random.whole(0, 19)] = { id, frame };
  }

  /** Sends as many messages as may be in flight. */
  #fill(): void {
    const { random } = this.#options;
    while (this.#awaited.length < inFlight) {
      const waiting = this.#queue.shift();
      const old =
        this.#old.length > 0 && random.chance(resendProbability) ? random.pick(this.#old) : undefined;
      if (waiting !== undefined) this.#send(waiting, this.#outbox.get(waiting));
      else if (this.#isFinishing || this.#isOver) return;
      else if (old !== undefined) this.#send(old.id, old.frame);
      else if (this.#made > 0 || !this.#outbox.has(this.#setupId)) this.#tellNext();
      // The setup must be acknowledged before anything else is sent.
      else return;
    }
  }

  #tellNext(): void {
    this.#made += 1;
    const id = `message-${this.#made}${this.#options.name}`;
    this.#put(id, makeMessage(this.#options.random, id, this.#made));
    this.#send(id, this.#outbox.get(id));
  }

  #send(id: string, frame: Frame | undefined): void {
    if (frame === undefined) return;
    this.#awaited.push(id);
    this.#client?.sendFrame(frame);
  }

  #put(id: string, message: object): void {
    const { coding, ledger } = this.#options;
    const frame = encode(message, coding);
    ledger.noteSent(this.session, id, frame);
    this.#outbox.set(id, frame);
  }

  #contradict(what: string): void {
    this.#options.ledger.contradictions.push(`In ${this.session} ${what}.`);
  }
}
