import { once } from "node:events";
import { unpack } from "msgpackr";
import { WebSocket } from "ws";
import { type Coding, type Reply } from "../src/protocol/index.js";
import { encode } from "./encode.js";

/** A reply as a test looks at it. */
export type AnyReply = Reply & Record<string, unknown>;

export interface ClientOptions {
  /** Takes the frame of each reply; the client then keeps no replies. */
  readonly onReply?: (frame: Buffer, isBinary: boolean) => void;
  /** How long the handshake may take; without it, as long as it takes. */
  readonly handshakeTimeout?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

const clients = new Set<Client>();

/** A plain WebSocket client of a daemon: sends messages or frames, and keeps the replies in their order. */
export class Client {
  readonly replies: AnyReply[] = [];
  readonly #waiting: { take: (reply: AnyReply) => void; fail: (error: Error) => void }[] = [];
  /** The close code; undefined while the connection is open. */
  closeCode: number | undefined;

  private constructor(
    readonly socket: WebSocket,
    readonly coding: Coding,
    onReply: ClientOptions["onReply"],
  ) {
    clients.add(this);
    socket.on("message", (frame: Buffer, isBinary) => {
      if (onReply === undefined) this.#keep(readReply(frame, isBinary));
      else onReply(frame, isBinary);
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      clients.delete(this);
      this.closeCode = code;
      for (const { fail } of this.#waiting.splice(0))
        fail(new Error(`Closed with ${code} before the reply.`));
    });
  }

  /** Begins to connect; the client cannot send before its socket's `open`. */
  static open(url: string, coding: Coding = "json", options: ClientOptions = {}): Client {
    const { onReply, ...others } = options;
    return new Client(new WebSocket(url, { perMessageDeflate: false, ...others }), coding, onReply);
  }

  /** Connects. */
  static async connect(url: string, coding: Coding = "json", options: ClientOptions = {}): Promise<Client> {
    const client = Client.open(url, coding, options);
    await once(client.socket, "open");
    return client;
  }

  /** Sends a message in this client's coding. */
  send(message: unknown): void {
    this.sendFrame(encode(message, this.coding));
  }

  /** Sends a raw frame: text for a string, binary for bytes. */
  sendFrame(frame: string | Uint8Array, isBinary = typeof frame !== "string"): void {
    this.socket.send(frame, { binary: isBinary });
  }

  /** The next reply that has not been taken yet. */
  reply(): Promise<AnyReply> {
    const reply = this.replies.shift();
    if (reply !== undefined) return Promise.resolve(reply);
    if (this.closeCode !== undefined) return Promise.reject(new Error(`Closed with ${this.closeCode}.`));
    return new Promise((take, fail) => this.#waiting.push({ take, fail }));
  }

  /** Sends a message and takes its reply. */
  async request(message: unknown): Promise<AnyReply> {
    this.send(message);
    return this.reply();
  }

  /** Resolves with the close code. */
  async closed(): Promise<number> {
    // Not with `once` of node:events, which rejects on the error that goes before some closes.
    if (this.closeCode === undefined) await new Promise((resolve) => this.socket.once("close", resolve));
    return this.closeCode ?? 0;
  }

  /** Closes the connection. */
  async close(): Promise<void> {
    this.socket.close();
    await this.closed();
  }

  #keep(reply: AnyReply): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.replies.push(reply);
    else waiting.take(reply);
  }
}

/** Decodes the frame of a reply. */
export function readReply(frame: Buffer, isBinary: boolean): AnyReply {
  return (isBinary ? unpack(frame) : JSON.parse(frame.toString())) as AnyReply;
}

/** Ends every client that a test left open. */
export async function dropClients(): Promise<void> {
  for (const client of clients) {
    client.socket.terminate();
    if (client.closeCode === undefined) await client.closed();
  }
}
