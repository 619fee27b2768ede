import type { StoredReply } from "../protocol/index.js";
import { ClientError } from "./client-error.js";
import type { OutboxDamage, RejectedMessage } from "./outbox/outbox.js";

/** The events of a client, by name. */
export interface ClientEvents {
  /** The daemon has answered for every session; the client sends what waits. */
  connected: Record<string, never>;
  /** The connection failed, or the daemon cannot write. The client tries again by itself. */
  disconnected: {
    readonly reason: string;
    /** The WebSocket close code; 1006 if there was none. */
    readonly code: number;
    /** Milliseconds until the next attempt. */
    readonly retryInMs: number;
  };
  /** A message is on the daemon's disk. */
  acknowledged: StoredReply;
  /** The daemon refused a message, and sending it again does not help. The outbox keeps it; see `Client.rejected`. */
  rejected: RejectedMessage;
  /** The daemon has lost messages that it had acknowledged: its database was put back to an older state, or is another one. */
  "data-loss": {
    readonly session: string;
    /** The highest seq that the daemon acknowledged to this client. */
    readonly acknowledgedSeq: number;
    /** The seq of the last message that the daemon has; 0 if it does not have the session. */
    readonly lastSeq: number;
    /** The number of acknowledged messages that this client sends again: those that it still has, and that the daemon may lack. */
    readonly sentAgain: number;
  };
  /** The outbox cannot keep messages (its disk may be full). The client sends them all the same, but they do not survive a crash. */
  "outbox-failed": { readonly error: unknown };
  /** Something other than the client changed, moved or deleted the outbox; `missing` are the messages that are lost. */
  "outbox-damaged": OutboxDamage;
}

const names: readonly (keyof ClientEvents)[] = [
  "connected",
  "disconnected",
  "acknowledged",
  "rejected",
  "data-loss",
  "outbox-failed",
  "outbox-damaged",
];

/** The warning for each event that must not go unnoticed: an experiment that waits for its setup must say why nothing happens. */
const warnings: { readonly [Name in keyof ClientEvents]?: (event: ClientEvents[Name]) => string } = {
  disconnected: ({ reason }) => `No connection to telltale (${reason}). The client keeps trying`,
  rejected: ({ code, reason }) => `telltale refused a message (${code}): ${reason} The outbox keeps it`,
  "data-loss": ({ session, sentAgain }) =>
    `telltale has lost messages of the session ${session}; the client sends ${sentAgain} of them again`,
  "outbox-failed": ({ error }) => `The outbox cannot keep messages (${String(error)})`,
  "outbox-damaged": ({ reason, missing }) => `${reason} ${missing.length} messages are missing`,
};

export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void;

/** Calls the listeners of events. The first event of a kind without a listener is written to the console, if it is a warning. */
export class Events {
  readonly #warned = new Set<keyof ClientEvents>();
  readonly #listeners = new Map<keyof ClientEvents, Set<Listener<never>>>();

  /**
   * Adds a listener and returns the function that removes it.
   *
   * @throws ClientError `bad_option` for an unknown event.
   */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    if (!names.includes(name)) {
      throw new ClientError("bad_option", `There is no event "${name}"; use one of ${names.join(", ")}.`);
    }
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  emit<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    const listeners = this.#listeners.get(name);
    if (listeners === undefined || listeners.size === 0) this.#warnAboutUnhandledEvent(name, event);
    for (const listener of listeners ?? []) {
      // A listener that fails, also an asynchronous one, must not stop the messages or end the program.
      new Promise((resolve) => {
        resolve((listener as (event: ClientEvents[Name]) => unknown)(event));
      }).catch((error: unknown) => {
        console.error(error);
      });
    }
  }

  /** Emits an event once a program that awaits `connect` can listen. */
  emitLater<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    setTimeout(() => {
      this.emit(name, event);
    });
  }

  #warnAboutUnhandledEvent<Name extends keyof ClientEvents>(name: Name, event: ClientEvents[Name]): void {
    const warning = warnings[name]?.(event);
    if (warning === undefined || this.#warned.has(name)) return;
    this.#warned.add(name);
    console.warn(`${warning}. (Shown once; use client.on("${name}", …) to hear of each.)`);
  }
}
