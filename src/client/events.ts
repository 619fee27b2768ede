import type { StoredReply } from "../protocol/reply.js";
import type { RejectedMessage } from "./outbox.js";

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

export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void;

/** Tells listeners what happens. */
export class Events {
  readonly #listeners = new Map<keyof ClientEvents, Set<Listener<never>>>();

  /** Gives what ends the listening. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      // A fault of a listener must not stop the messages, nor, where it is asynchronous, the program.
      new Promise((resolve) => {
        resolve((listener as (event: ClientEvents[Name]) => unknown)(event));
      }).catch((error: unknown) => {
        console.error(error);
      });
    }
  }
}
