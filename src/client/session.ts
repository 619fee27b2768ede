import type { ExitReply, StoredReply, TellReply } from "../protocol/index.js";
import type { Delivery } from "./delivery.js";

/** Optional members of a message. */
export interface MessageOptions {
  /** Any value to store with the message; of a tell, also with its trials. */
  readonly extra_info?: unknown;
  /** The answer of the experiment's own strategy, for example to an ask. */
  readonly response?: unknown;
}

/** One trial, or several; docs/PROTOCOL.md lists the forms. Other members are extra data. */
export interface Tell {
  /** The parameters, by name. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly outcome: unknown;
  readonly [extraData: string]: unknown;
}

/**
 * One run of an experiment by one participant. A message goes to the outbox at once, and to the daemon in the order of the calls. Its
 * promise resolves with the daemon's reply after the commit, and rejects with a `ClientError` if the daemon refuses it. The promise need
 * not be awaited.
 */
export class Session {
  readonly #delivery: Delivery;

  /** @internal */
  constructor(
    /** A UUID; keep it to resume the session later. */
    readonly id: string,
    delivery: Delivery,
  ) {
    this.#delivery = delivery;
  }

  /** The number of its messages that are not acknowledged yet. */
  get pending(): number {
    return this.#delivery.sessions.of(this.id).pending;
  }

  /** Records that the next trial was asked for; telltale runs no model and only stores it. */
  ask(message?: unknown, options?: MessageOptions): Promise<StoredReply> {
    return this.send("ask", message, options);
  }

  /**
   * Records one trial. Lists and objects are values: a colour, the boxes ticked, the digits recalled.
   *
   * @param parameters what the trial showed, by name; in a session of several stimuli per trial, a list of as many is these.
   * @param outcomes what the participant did: one value, or several by name; null for no response.
   * @param extra anything else about the trial, by name.
   */
  trial(
    parameters: Readonly<Record<string, unknown>>,
    outcomes: unknown,
    extra?: Readonly<Record<string, unknown>>,
  ): Promise<TellReply> {
    // A member that is undefined is not sent, and a tell without an outcome gives no trial.
    const message = { config: parameters, outcome: outcomes ?? null };
    const members = { message, extra_info: extra, batch: false };
    return this.#delivery.send(this.id, "tell", members) as Promise<TellReply>;
  }

  /** Records trials as AEPsych's clients do: one, several as lists, or a batch. {@link trial} is simpler for one. */
  tell(message: Tell | readonly Tell[], options?: MessageOptions): Promise<TellReply> {
    return this.send("tell", message, options) as Promise<TellReply>;
  }

  /** Stores a snapshot of the experiment's strategy. */
  strat(message: unknown, options?: MessageOptions): Promise<StoredReply> {
    return this.send("strat", message, options);
  }

  /** Sends a message of any type. */
  send(type: string, message?: unknown, { extra_info, response }: MessageOptions = {}): Promise<StoredReply> {
    return this.#delivery.send(this.id, type, { message, extra_info, response });
  }

  /** Ends the session. */
  finish(): Promise<ExitReply> {
    return this.send("exit") as Promise<ExitReply>;
  }

  /**
   * Resolves when each of its messages is acknowledged or refused.
   *
   * @throws ClientError `closed` if the client is closed before.
   */
  flush(): Promise<void> {
    const flushed = this.#delivery.sessions.of(this.id).whenEmpty();
    flushed.catch(() => undefined);
    return flushed;
  }
}
