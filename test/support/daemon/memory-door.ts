import { EventEmitter, once } from "node:events";
import { pino } from "pino";
import {
  Conversation,
  type ConversationServices,
  type Door,
  type FlowControl,
  SessionDirectory,
  Turns,
} from "../../../src/daemon/exchange/index.js";
import { Store } from "../../../src/database/index.js";
import type { CloseCode, Coding, Reply } from "../../../src/protocol/index.js";
import { encode } from "../../../harness/encode.js";
import type { AnyReply } from "../../../harness/client.js";

/** What a memory door can do; a connection has a current session, a request does not. */
export interface MemoryDoorOptions {
  readonly hasCurrentSession?: boolean;
  readonly flow?: FlowControl;
}

/** A door without a transport: frames go in by a call, and replies come out as values. */
export class MemoryDoor implements Door {
  readonly peer = "memory:0";
  readonly hasCurrentSession: boolean;
  readonly flow: FlowControl | undefined;
  readonly conversation: Conversation;
  /** Every reply, with the coding of its request. */
  readonly sent: { readonly reply: Reply; readonly coding: Coding }[] = [];
  closeCode: CloseCode | undefined;
  rejections = 0;
  readonly #events = new EventEmitter();
  #taken = 0;

  constructor(services: ConversationServices, { hasCurrentSession = true, flow }: MemoryDoorOptions = {}) {
    this.hasCurrentSession = hasCurrentSession;
    this.flow = flow;
    this.conversation = new Conversation(this, services);
  }

  noteRejection(): number {
    this.rejections += 1;
    return 0;
  }

  send(reply: Reply, coding: Coding): void {
    this.sent.push({ reply, coding });
    this.#events.emit("sent");
  }

  close(code: CloseCode): void {
    this.closeCode = code;
  }

  /** Sends a message, or a raw frame. */
  take(message: unknown, coding: Coding = "json"): void {
    const frame = typeof message === "string" ? message : encode(message, coding);
    this.conversation.take(Buffer.from(frame), coding);
  }

  /** The next reply that was not asked for yet. */
  async reply(): Promise<AnyReply> {
    while (this.sent.length <= this.#taken) await once(this.#events, "sent");
    const { reply } = this.sent[this.#taken++]!;
    return reply;
  }

  /** Hands in a message or a frame, and returns the reply. */
  async request(message: unknown, coding?: Coding): Promise<AnyReply> {
    this.take(message, coding);
    return this.reply();
  }
}

/** A database, and memory doors to it. */
export class MemoryDoors {
  unavailable = 0;
  readonly #services: ConversationServices;

  private constructor(readonly database: Store) {
    this.#services = {
      database,
      directory: new SessionDirectory(database),
      turns: new Turns(),
      logger: pino({ level: "silent" }),
      countUnavailable: () => {
        this.unavailable += 1;
      },
    };
  }

  static async open(location: string, busyTimeoutMs = 5000): Promise<MemoryDoors> {
    return new MemoryDoors(await Store.open(location, { busyTimeoutMs }));
  }

  connect(options?: MemoryDoorOptions): MemoryDoor {
    return new MemoryDoor(this.#services, options);
  }

  async close(): Promise<void> {
    await this.database.close();
  }
}
