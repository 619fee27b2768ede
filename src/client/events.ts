import type { StoredReply } from "../protocol/reply.js";
import { ClientError } from "./client-error.js";
import type { RejectedMessage } from "./outbox/outbox.js";
import { describeUnheard } from "./unheard.js";

/** What a client tells, by the names of the events. */
export interface ClientEvents {
  /** The daemon is there, and knows the sessions; what waits is being sent. */
  connected: Record<string, never>;
  /** There is no connection, or no more, or the daemon cannot write; another attempt comes by itself. */
  disconnected: {
    readonly reason: string;
    /** The WebSocket closing code; 1006 where there was none. */
    readonly code: number;
    /** When the next attempt comes, in milliseconds from now. */
    readonly retryInMs: number;
  };
  /** A message is on the daemon's disk. */
  acknowledged: StoredReply;
  /** A message was refused for good; it is kept in the outbox, see `Client.rejected`. */
  rejected: RejectedMessage;
  /** The daemon has lost messages that it had acknowledged: its database was put back to an older state, or is another one. */
  "data-loss": {
    readonly session: string;
    /** The highest seq that was acknowledged to this client. */
    readonly acknowledgedSeq: number;
    /** The seq of the last message that the daemon has; 0 where it has not even the session. */
    readonly lastSeq: number;
    /** How many acknowledged messages this client still has, and sends again. */
    readonly sentAgain: number;
  };
  /** The outbox cannot keep messages (its disk is full, say). They are sent all the same, but do not survive a crash. */
  "outbox-failed": { readonly error: unknown };
}

const names: readonly (keyof ClientEvents)[] = [
  "connected",
  "disconnected",
  "acknowledged",
  "rejected",
  "data-loss",
  "outbox-failed",
];

export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void;

/** Tells listeners what happens; the first trouble of a kind that nobody listens to goes to the console. */
export class Events {
  readonly #unheard = new Set<keyof ClientEvents>();
  readonly #listeners = new Map<keyof ClientEvents, Set<Listener<never>>>();

  /**
   * Gives what ends the listening.
   *
   * @throws ClientError `bad_option` for an event that there is not.
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    if (!names.includes(name)) {
      throw new ClientError("bad_option", `There is no event "${name}"; there are ${names.join(", ")}.`);
    }
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) this.#warn(name, event);
    for (const listener of listeners ?? []) {
      // A fault of a listener must not stop the messages, nor, where it is asynchronous, the program.
      new Promise((resolve) => {
        resolve((listener as (event: ClientEvents[Name]) => unknown)(event));
      }).catch((error: unknown) => {
        console.error(error);
      });
    }
  }

  #warn<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    const warning = this.#unheard.has(name) ? undefined : describeUnheard(name, event);
    if (warning === undefined) return;
    this.#unheard.add(name);
    console.warn(warning);
  }
}
