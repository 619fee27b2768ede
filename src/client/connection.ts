import type { ErrorReply } from "../protocol/error-reply.js";
import type { StoredReply } from "../protocol/reply.js";
import { backoffMs } from "./backoff.js";
import { decodeReply } from "./frame.js";
import { type Closing, Link, type SocketClass } from "./link.js";

/** A connection that lived this long was none of a series of failures. */
const steadyMs = 10_000;

/** A request as it goes over the connection. */
export interface Sendable {
  readonly id: string;
  readonly type: string;
  readonly frame: string | Uint8Array;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly protocols: string[];
  readonly socketClass: SocketClass;
  /** How long nothing may come and nothing may leave while an answer is due. */
  readonly acknowledgeWithinMs: number;
}

/** What becomes of a connection, and of what was sent over it. */
export interface ConnectionListener<Exchange> {
  onOpen(): void;
  /** What a frame was sent with, and its answer. */
  onReply(exchange: Exchange, reply: StoredReply | ErrorReply): void;
  /** It is gone, or could not be made; what was expected is expected no more. */
  onLost(closing: Closing, retryInMs: number): void;
}

/** What was sent. */
interface Sent<Exchange> {
  readonly id: string;
  readonly type: string;
  readonly exchange: Exchange;
}

/** A connection to the daemon that is made again, for ever, whenever it is lost; it knows which answer belongs to what. */
export class Connection<Exchange> {
  readonly #options: ConnectionOptions;
  readonly #listener: ConnectionListener<Exchange>;
  #link: Link | undefined;
  #isOpen = false;
  #isClosed = false;
  /** What answers are expected to: they come in the order of the requests. */
  #expected: Sent<Exchange>[] = [];
  /** Attempts that failed since the last acknowledgement. */
  #failures = 0;
  /** Connections since then over which nothing came. */
  #stalls = 0;
  #openedAt = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions, listener: ConnectionListener<Exchange>) {
    this.#options = options;
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** What was sent and has no answer yet. */
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
          this.#watchOver();
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
      this.#lose({ code: 1006, reason: error instanceof Error ? error.message : String(error) });
    }
  }

  /** Sends a frame over the open connection. */
  send({ id, type, frame }: Sendable, exchange: Exchange): void {
    this.#expected.push({ id, type, exchange });
    this.#link?.send(frame);
    if (this.#watch === undefined) this.#watchOver();
  }

  /** A message came through. */
  noteProgress(): void {
    this.#failures = 0;
    this.#stalls = 0;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#isOpen = false;
    clearTimeout(this.#retry);
    clearTimeout(this.#watch);
    await this.#link?.close();
  }

  /** Ends a connection on which an answer is due, and over which nothing comes and nothing leaves. */
  #watchOver(): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
    const link = this.#link;
    if (this.#expected.length === 0 || link === undefined || this.#isClosed) return;
    const { unsentBytes } = link;
    // A line may be so slow that a large message needs longer: more time after each failure.
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
    const [sent] = this.#expected;
    if (reply === undefined || sent === undefined || !isAnswer(reply, sent)) {
      this.#link?.drop("what answers there is no telltale");
      return;
    }
    if (!reply.ok && reply.retry) {
      // What was sent after it is not answered any more.
      this.#link?.drop(reply.server_error);
      return;
    }
    this.#expected.shift();
    this.#listener.onReply(sent.exchange, reply);
    this.#watchOver();
  }

  #lose(closing: Closing): void {
    clearTimeout(this.#watch);
    this.#watch = undefined;
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
    this.#listener.onLost(closing, retryInMs);
  }
}

/** Whether a reply is the one that is due: an acknowledgement taken for another message's would lose that message. */
function isAnswer(
  reply: StoredReply | ErrorReply,
  { id, type }: { readonly id: string; readonly type: string },
): boolean {
  if (!reply.ok) return reply.id === undefined || reply.id === id;
  // A setup that the daemon knows already is answered with the id that it had then.
  return reply.type === type && (type === "setup" || reply.id === id);
}
