import { once } from "node:events";
import { unpack } from "msgpackr";
import { WebSocket } from "ws";
import { type Coding, type Reply } from "../../../src/protocol/index.js";
import { encode } from "./encode.js";

/** A reply as a test looks at it. */
export type AnyReply = Reply & Record<string, unknown>;

const clients = new Set<Client>();

/** A plain WebSocket client: sends what it is told, and keeps the replies in their order. */
export class Client {
  readonly replies: AnyReply[] = [];
  readonly #waiting: { take: (reply: AnyReply) => void; fail: (error: Error) => void }[] = [];
  /** The close code; undefined while the connection is open. */
  closeCode: number | undefined;

  private constructor(
    readonly socket: WebSocket,
    readonly coding: Coding,
  ) {
    socket.on("message", (frame: Buffer, isBinary) => {
      const reply = (isBinary ? unpack(frame) : JSON.parse(frame.toString())) as AnyReply;
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.replies.push(reply);
      else waiting.take(reply);
    });
    socket.on("error", () => undefined);
    socket.on("close", (code) => {
      this.closeCode = code;
      for (const { fail } of this.#waiting.splice(0))
        fail(new Error(`Closed with ${code} before the reply.`));
    });
  }

  static async connect(url: string, coding: Coding = "json"): Promise<Client> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new Client(socket, coding);
    clients.add(client);
    await once(socket, "open");
    return client;
  }

  /** Sends a message, coded as this client codes. */
  send(message: unknown): void {
    this.sendFrame(encode(message, this.coding));
  }

  /** Sends a frame as it is: text for a string, binary for bytes. */
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
    if (this.closeCode === undefined) await once(this.socket, "close");
    return this.closeCode ?? 0;
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed();
  }
}

/** Ends every client that a test left open. */
export async function dropClients(): Promise<void> {
  for (const client of clients) {
    client.socket.terminate();
    if (client.closeCode === undefined) await client.closed();
  }
  clients.clear();
}
