import { ClientError } from "./client-error.js";
import { Delivery } from "./delivery.js";
import { type ClientEvents, Events, type Listener } from "./events.js";
import type { FrameCoding } from "./frame.js";
import { openIndexedDbOutbox } from "./outbox/indexed-db-outbox.js";
import type { SocketClass } from "./link.js";
import { type Outbox, type RejectedMessage, openMemoryOutbox } from "./outbox/outbox.js";
import { Session } from "./session.js";
import { makeUuid } from "./uuid.js";

export interface ConnectOptions {
  /** Keeps messages until they are acknowledged; `"memory"` keeps them only while the program runs. Default: IndexedDB. */
  readonly outbox?: Outbox | "memory";
  /** The name of the outbox in IndexedDB: give different experiments on one site different names. Default: `"telltale"`. */
  readonly name?: string;
  /** The token that the daemon asks for. */
  readonly token?: string;
  /** The coding of messages. Default: `"json"`, which sends a message with bytes or dates as MessagePack. */
  readonly coding?: FrameCoding;
  /** The WebSocket class. Default: the one of the browser, or of Node 22 and later. */
  readonly WebSocket?: SocketClass;
  /** How long the daemon may be silent while a reply is due, before the client reconnects. Default: 30,000 ms. */
  readonly acknowledgeWithinMs?: number;
}

export interface SetupOptions {
  /** The new session's id, a UUID. Default: a random one. A setup that is sent twice with one id begins one session. */
  readonly session?: string;
  /** Metadata besides the config. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly extra_info?: unknown;
}

/** The setup of a session: a config as INI text or as sections, or plain fields; see docs/PROTOCOL.md. */
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
 * Opens the outbox and begins to connect. Resolves when the outbox is open. Its messages are sent first, as soon as the daemon can be
 * reached, which may be later.
 *
 * @param url `ws://…` or `wss://…`.
 * @throws ClientError `bad_option`, `outbox_in_use`, `outbox_unreadable`.
 */
export async function connect(url: string, options: ConnectOptions = {}): Promise<Client> {
  checkUrl(url);
  const { token, coding = "json", acknowledgeWithinMs = 30_000 } = options;
  if (token !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(token)) {
    throw new ClientError(
      "bad_option",
      "The token contains a character that tokens never have; copy it again.",
    );
  }
  const socketClass = options.WebSocket ?? (globalThis.WebSocket as SocketClass | undefined);
  if (socketClass === undefined) {
    throw new ClientError(
      "bad_option",
      "This platform has no WebSocket; import connect from telltale/client/node.",
    );
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
    return new Client(delivery, events);
  } catch (error) {
    await outbox.close();
    throw error;
  }
}

/** Brings an experiment's messages to a telltale daemon and keeps each until it is on the daemon's disk. */
export class Client {
  readonly #delivery: Delivery;
  readonly #events: Events;

  /** @internal */
  constructor(delivery: Delivery, events: Events) {
    this.#delivery = delivery;
    this.#events = events;
  }

  /** The number of messages that are not acknowledged yet, including those of earlier runs. */
  get pending(): number {
    return this.#delivery.pending;
  }

  /** Calls the listener for each such event; returns the function that removes it. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): () => void {
    return this.#events.on(name, listener);
  }

  /**
   * Begins a session. Resolves when it is committed.
   *
   * @throws ClientError with the daemon's code if it refuses the setup, such as `bad_setup`.
   */
  setup(setup: Setup, options: SetupOptions = {}): Promise<Session> {
    const { session = makeUuid(), ...members } = options;
    const id = session.toLowerCase();
    const committed = this.#delivery.send(id, "setup", { message: setup, ...members });
    const begun = committed.then(() => new Session(id, this.#delivery));
    begun.catch(() => undefined);
    return begun;
  }

  /**
   * Returns to a session, for example after a page reload. Resolves when the daemon has confirmed that it has the session.
   *
   * @throws ClientError `unknown_session` or `deleted`.
   */
  async resume(sessionId: string): Promise<Session> {
    const id = sessionId.toLowerCase();
    await this.#delivery.resume(id);
    return new Session(id, this.#delivery);
  }

  /**
   * Resolves when no message is pending.
   *
   * @throws ClientError `closed` if the client is closed before.
   */
  flush(): Promise<void> {
    const flushed = this.#delivery.whenEmpty();
    flushed.catch(() => undefined);
    return flushed;
  }

  /** The messages that the daemon refused, including those of earlier runs, until they are dismissed. */
  rejected(): Promise<RejectedMessage[]> {
    return Promise.resolve(this.#delivery.rejected.list);
  }

  /** Deletes refused messages, once they have been looked at. */
  dismiss(ids: readonly string[]): void {
    this.#delivery.rejected.dismiss(ids);
  }

  /** Closes the connection and the outbox; pending messages stay in the outbox. */
  close(): Promise<void> {
    return this.#delivery.close();
  }
}

function checkUrl(url: string): void {
  let protocol;
  try {
    ({ protocol } = new URL(url));
  } catch {
    // Reported below.
  }
  if (protocol !== "ws:" && protocol !== "wss:") {
    throw new ClientError("bad_option", "The address of the daemon must begin with ws:// or wss://.");
  }
}
