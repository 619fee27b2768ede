import { ClientError } from "./client-error.js";
import { Delivery } from "./delivery.js";
import { type ClientEvents, Events, type Listener } from "./events.js";
import type { FrameCoding } from "./frame.js";
import { openIndexedDbOutbox } from "./outbox/indexed-db-outbox.js";
import type { SocketClass } from "./link.js";
import { type Outbox, type RejectedMessage, openMemoryOutbox } from "./outbox/outbox.js";
import { Session, sendMessage } from "./session.js";
import { makeUuid } from "./uuid.js";

export interface ConnectOptions {
  /** Where messages are kept until they are acknowledged; `"memory"` keeps them only as long as the program lives. IndexedDB by default. */
  readonly outbox?: Outbox | "memory";
  /** The name of the outbox in IndexedDB: give different experiments on one site different names. `"telltale"` by default. */
  readonly name?: string;
  /** What the daemon lets this client in with. */
  readonly token?: string;
  /** How messages are coded: `"json"` by default, and MessagePack only where one holds bytes or dates. */
  readonly coding?: FrameCoding;
  /** The class of the connection; the one that the browser, or Node from 22 on, brings by default. */
  readonly WebSocket?: SocketClass;
  /** How long the daemon may be silent while an answer is due, before another connection is tried; 30,000 ms by default. */
  readonly acknowledgeWithinMs?: number;
}

export interface SetupOptions {
  /** The new session's id, a UUID; without it one is made. A setup that is sent twice under one id begins one session. */
  readonly session?: string;
  /** Metadata beside the config. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly extra_info?: unknown;
}

/** The setup of a session: its config as INI text or as sections, or plain fields; docs/PROTOCOL.md. */
export interface Setup {
  readonly config_str?: string;
  readonly config_dict?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly config?: string | Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly experiment_name?: unknown;
  readonly experiment_description?: unknown;
  readonly experiment_id?: unknown;
  readonly participant_id?: unknown;
  readonly extra_metadata?: unknown;
}

/**
 * Opens the outbox, and begins to connect. Resolves when the outbox is open: what it held is sent first, as soon as the daemon is there,
 * which may come later.
 *
 * @param url `ws://…` or `wss://…`.
 * @throws ClientError `bad_option`, `outbox_in_use`, `outbox_unreadable`.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  checkUrl(url);
  const { token, coding = "json", acknowledgeWithinMs = 30_000 } = options;
  if (token !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(token)) {
    throw new ClientError("bad_option", "The token has a character that no token has; copy it again.");
  }
  const socketClass = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  if (socketClass === undefined) {
    throw new ClientError("bad_option", "There is no WebSocket here; connect by telltale/client/node.");
  }
  const outbox =
    options.outbox === "memory"
      ? openMemoryOutbox()
      : (options.outbox ?? (await openIndexedDbOutbox(options.name ?? "telltale")));
  const events = new Events();
  const protocols = token === undefined ? ["telltale.v1"] : ["telltale.v1", `bearer.${token}`];
  try {
    const delivery = await Delivery.start(outbox, events, {
      url,
      protocols,
      socketClass,
      coding,
      acknowledgeWithinMs,
    });
    return new Client(delivery, events, coding);
  } catch (error) {
    await outbox.close();
    throw error;
  }
}

/** Brings an experiment's messages to a telltale daemon, and keeps each until it is on the daemon's disk. */
export class Client {
  readonly #delivery: Delivery;
  readonly #events: Events;
  readonly #coding: FrameCoding;

  /** @internal */
  constructor(delivery: Delivery, events: Events, coding: FrameCoding) {
    this.#delivery = delivery;
    this.#events = events;
    this.#coding = coding;
  }

  /** How many messages are not acknowledged yet, those of earlier runs among them. */
  get pending(): number {
    return this.#delivery.pending;
  }

  /** Calls the listener whenever this happens; gives a function that ends it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Begins a session. Resolves when it is committed.
   *
   * @throws ClientError with the daemon's code where the setup is refused, `bad_setup` say.
   */
  setup(setup: Setup, options: SetupOptions = {}): Promise<Session> {
    const { session = makeUuid(), ...members } = options;
    const id = session.toLowerCase();
    const committed = sendMessage(this.#delivery, this.#coding, id, "setup", { message: setup, ...members });
    const begun = committed.then(() => new Session(id, this.#delivery, this.#coding));
    begun.catch(() => undefined);
    return begun;
  }

  /**
   * Goes back to a session, after a reload of the page say. Resolves when the daemon has said that it has it.
   *
   * @throws ClientError `unknown_session`.
   */
  async resume(sessionId: string): Promise<Session> {
    const id = sessionId.toLowerCase();
    await this.#delivery.resume(id);
    return new Session(id, this.#delivery, this.#coding);
  }

  /**
   * Resolves when no message is pending.
   *
   * @throws ClientError `closed` where the client is closed before.
   */
  flush(): Promise<void> {
    const flushed = this.#delivery.whenEmpty();
    flushed.catch(() => undefined);
    return flushed;
  }

  /** The messages that were refused for good, those of earlier runs among them, until they are dismissed. */
  rejected(): Promise<RejectedMessage[]> {
    return Promise.resolve(this.#delivery.rejected);
  }

  /** Keeps refused messages no longer, once they have been looked at. */
  dismiss(ids: readonly string[]): void {
    this.#delivery.dismiss(ids);
  }

  /** Closes the connection and the outbox; what is pending stays in the outbox. */
  close(): Promise<void> {
    return this.#delivery.close();
  }
}

function checkUrl(url: string): void {
  let protocol;
  try {
    ({ protocol } = new URL(url));
  } catch {
    // Said below.
  }
  if (protocol !== "ws:" && protocol !== "wss:") {
    throw new ClientError("bad_option", "The address of the daemon must begin with ws:// or wss://.");
  }
}
