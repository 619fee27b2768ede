import type { ExitReply, StoredReply, TellReply } from "../protocol/reply.js";
import type { Delivery } from "./delivery.js";
import { type FrameCoding, encodeRequest } from "./frame.js";
import type { OutboxMessage } from "./outbox/outbox.js";
import { describeUnencodable } from "./unencodable.js";
import { makeUuid } from "./uuid.js";

/** What may go with a message. */
export interface MessageOptions {
  /** Anything that is to be kept with the message; with a tell, with its trials. */
  readonly extra_info?: unknown;
  /** What the experiment's own strategy answered, to an ask say. */
  readonly response?: unknown;
}

/** The outcome of a trial, or of several; docs/PROTOCOL.md says which shapes there are. Other members are extra data. */
export interface Tell {
  /** The parameters, by name. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly outcome: unknown;
  readonly [extraData: string]: unknown;
}

/**
 * One run of an experiment by one participant. Each message is kept in the outbox at once, and sent in the order of the calls; the
 * promise resolves with the daemon's reply when it is committed, and rejects with a `ClientError` where it is refused for good. Nobody
 * need wait for it.
 */
export class Session {
  readonly #delivery: Delivery;
  readonly #coding: FrameCoding;

  /** @internal */
  constructor(
    /** A UUID; whoever knows it can resume the session. */
    readonly id: string,
    delivery: Delivery,
    coding: FrameCoding,
  ) {
    this.#delivery = delivery;
    this.#coding = coding;
  }

  /** How many of its messages are not acknowledged yet. */
  get pending(): number {
    return this.#delivery.session(this.id).pending;
  }

  /** Says that the next trial was asked for; telltale runs no model, and only stores it. */
  ask(message?: unknown, options?: MessageOptions): Promise<StoredReply> {
    return this.send("ask", message, options);
  }

  /** Tells the outcome of a trial, of several, or of a batch. */
  tell(message: Tell | readonly Tell[], options?: MessageOptions): Promise<TellReply> {
    return this.send("tell", message, options) as Promise<TellReply>;
  }

  /** Keeps a snapshot of the experiment's strategy. */
  strat(message: unknown, options?: MessageOptions): Promise<StoredReply> {
    return this.send("strat", message, options);
  }

  /** Sends a message of any type. */
  send(type: string, message?: unknown, { extra_info, response }: MessageOptions = {}): Promise<StoredReply> {
    return sendMessage(this.#delivery, this.#coding, this.id, type, { message, extra_info, response });
  }

  /** Says that the session is over. */
  finish(): Promise<ExitReply> {
    return this.send("exit") as Promise<ExitReply>;
  }

  /**
   * Resolves when none of its messages is pending: each is acknowledged, or refused for good.
   *
   * @throws ClientError `closed` where the client is closed before.
   */
  flush(): Promise<void> {
    const flushed = this.#delivery.session(this.id).whenEmpty();
    flushed.catch(() => undefined);
    return flushed;
  }
}

/** Gives a message its id and time, keeps it and sends it. */
export function sendMessage(
  delivery: Delivery,
  coding: FrameCoding,
  session: string,
  type: string,
  members: object,
): Promise<StoredReply> {
  const id = makeUuid();
  const request = { type, id, session, sent_at: Date.now(), ...members };
  const sent = encodeAndAdd(delivery, coding, { id, session, type }, request);
  // Nobody need wait for a message; what becomes of it is told as an event too.
  sent.catch(() => undefined);
  return sent;
}

function encodeAndAdd(
  delivery: Delivery,
  coding: FrameCoding,
  message: Omit<OutboxMessage, "frame">,
  request: object,
): Promise<StoredReply> {
  let frame;
  try {
    frame = encodeRequest(request, coding);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return delivery.refuse({ ...message, frame: describeUnencodable(request) }, "unencodable", reason);
  }
  return delivery.add({ ...message, frame });
}
