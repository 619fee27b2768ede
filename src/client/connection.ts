import { type ClockReply, CloseCode, type ErrorReply, type StoredReply } from "../protocol/index.js";
import { backoffMs } from "./backoff.js";
import { ClientClock } from "./clock/client-clock.js";
import { type FrameCoding, decodeReply, encodeRequest, withClock } from "./frame.js";
import { type Closing, Link, type SocketClass } from "./link.js";

/** A connection that lasted this long ends a series of failures. */
const steadyMs = 10_000;

/** A request, encoded. */
export interface Sendable {
  readonly id: string;
  readonly type: string;
  readonly frame: string | Uint8Array;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly protocols: string[];
  readonly socketClass: SocketClass;
  readonly coding: FrameCoding;
  /** How long nothing may arrive and nothing may leave while a reply is due. */
  readonly acknowledgeWithinMs: number;
}

/** Receives what happens to a connection and to the requests sent over it. */
export interface ConnectionListener<Exchange> {
  onOpen(): void;
  /** The daemon's clock is known, or the daemon gives it to nobody: messages may be sent. */
  onClockReady(): void;
  /** A reply arrived to the request that was sent with this exchange. */
  onReply(exchange: Exchange, reply: StoredReply | ErrorReply): void;
  /**
   * The connection was lost or could not be opened; no expected reply will arrive.
   *
   * @param unanswered what was on its way, complete, when the daemon ended or fell silent without a word; empty if it said why.
   */
  onLost(closing: Closing, retryInMs: number, unanswered: readonly Exchange[]): void;
}

/** A request that was sent. */
interface Sent<Exchange> {
  readonly id: string;
  readonly type: string;
  readonly exchange: Exchange;
}

/** A connection to the daemon that reconnects for ever, and matches replies with requests. */
export class Connection<Exchange> {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener<Exchange>;
  readonly clock: ClientClock;
  #link: Link | undefined;
  #isOpen = false;
  /** Whether this side ends the connection because of what the daemon said. */
  #isGivenUp = false;
  #isClosed = false;
  /** The requests without a reply; replies arrive in their order. */
  #expected: Sent<Exchange>[] = [];
  /** The number of failed attempts since the last acknowledgement. */
  #failures = 0;
  /** The number of connections since then over which nothing arrived. */
  #stalls = 0;
  #openedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions, listener: ConnectionListener<Exchange>) {
    this.#options = options;
    this.#listener = listener;
    this.clock = new ClientClock({
      send: (probe) => {
        this.#link?.send(encodeRequest(probe, options.coding));
      },
      onReady: () => {
        listener.onClockReady();
      },
    });
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What was sent and has no reply yet. */
  get expected(): readonly Exchange[] {
    return this.#expected.map(({ exchange }) => exchange);
  }

  open(): void {
    const { socketClass, url, protocols, acknowledgeWithinMs } = this.#options;
    try {
      const link: Link = new Link(socketClass, url, protocols, {
        onOpen: () => {
          this.#openedAt = performance.now();
          this.#isOpen = true;
          this.#isGivenUp = false;
          this.#watchOver();
          // Before anything else: the first answer must not wait for a message.
          this.clock.open();
          this.#listener.onOpen();
        },
        onFrame: (frame) => {
          this.#take(frame);
        },
        onClosed: (closing) => {
          this.#lose(closing);
        },
      });
      this.#link = link;
      this.#watch = setTimeout(() => {
        link.drop("the daemon did not answer");
      }, acknowledgeWithinMs);
    } catch (error) {
      this.#lose({ code: CloseCode.lost, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Sends a request over the open connection. */
  send(request: Sendable, exchange: Exchange): void {
    const { id, type, frame } = request;
    this.#expected.push({ id, type, exchange });
    const clock = this.clock.noteMessage(request);
    this.#link?.send(clock === undefined ? frame : withClock(frame, clock));
    if (this.#watch === undefined) this.#watchOver();
  }

  /** A message was answered: the next failure begins a new series. */
  noteProgress(): void {
    this.#failures = 0;
    this.#stalls = 0;
  }

  /** Ends the connection as if it were lost; the next one follows. */
  drop(reason: string): void {
    this.#isGivenUp = true;
    this.#link?.drop(reason);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isOpen = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    this.clock.close();
    await this.#link?.close();
  }

  /** Drops the connection if a reply is due while nothing arrives and nothing leaves. */
  #watchOver(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    const link = this.#link;
    if (this.#expected.length === 0 || link === undefined || this.#isClosed) return;
    const { unsentBytes } = link;
    // A large message on a slow line may need longer: allow more time after each failure.
    const patienceMs = this.#options.acknowledgeWithinMs * 2 ** Math.min(this.#stalls, 3);
    this.#watch = setTimeout(() => {
      if (link.unsentBytes < unsentBytes) this.#watchOver();
      else {
        this.#stalls += 1;
        link.drop("the daemon did not answer");
      }
    }, patienceMs);
  }

  #take(frame: string | Uint8Array): void {
    const reply = decodeReply(frame);
    if (reply !== undefined && this.clock.take(reply)) return;
    const [sent] = this.#expected;
    if (reply === undefined || !isOfMessage(reply) || sent === undefined || !isAnswer(reply, sent)) {
      this.drop("the server at this address is not telltale");
      return;
    }
    if (!reply.ok && reply.retry) {
      // The daemon does not answer what was sent after it.
      this.drop(reply.server_error);
      return;
    }
    this.#expected.shift();
    this.#listener.onReply(sent.exchange, reply);
    this.#watchOver();
  }

  #lose(closing: Closing): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    this.clock.close();
    const isSilent = this.#isOpen && !this.#isGivenUp && closing.code === CloseCode.lost;
    const unanswered = isSilent && this.#link?.unsentBytes === 0 ? this.expected : [];
    this.#link = undefined;
    if (this.#isOpen && performance.now() - this.#openedAt > steadyMs) this.#failures = 0;
    this.#isOpen = false;
    this.#expected = [];
    if (this.#isClosed) return;
    const retryInMs = backoffMs(this.#failures, Math.random());
    this.#failures += 1;
    this.#retry = setTimeout(() => {
      this.open();
    }, retryInMs);
    this.#listener.onLost(closing, retryInMs, unanswered);
  }
}

function isOfMessage(reply: StoredReply | ErrorReply | ClockReply): reply is StoredReply | ErrorReply {
  return !("answered_at" in reply);
}

/** Whether a reply answers the request that is due: an acknowledgement of another message would lose this one. */
function isAnswer(
  reply: StoredReply | ErrorReply,
  { id, type }: { readonly id: string; readonly type: string },
): boolean {
  if (!reply.ok) return reply.id === undefined || reply.id === id;
  // The reply to a setup that the daemon already has carries the id that it had then.
  return reply.type === type && (type === "setup" || reply.id === id);
}
