import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import { Fifo } from "./fifo.js";
import { type Coding, type Reply, encodeReply } from "../protocol/index.js";

/** The place of one reply among those of its connection. */
export interface ReplySlot {
  readonly coding: Coding;
  reply: Reply | undefined;
  /** Closes the connection after this reply. */
  close: { readonly code: number; readonly reason: string } | undefined;
}

/** The replies of one connection, sent in the order of the requests whatever the order in which they are ready. */
export class Replies {
  readonly #slots = new Fifo<ReplySlot>();
  #isCorked = false;
  #onEmpty: (() => void) | undefined;

  /** @param stream the socket's own stream. */
  constructor(
    readonly socket: WebSocket,
    readonly stream: Socket,
  ) {}

  /** Keeps a place for the reply to the request that came now. */
  reserve(slot: ReplySlot): void {
    this.#slots.push(slot);
  }

  /** Sends the reply in its turn, and closes the connection after it where that is asked for. */
  answer(slot: ReplySlot, reply: Reply, close?: ReplySlot["close"]): void {
    slot.reply = reply;
    slot.close = close;
    this.#flush();
  }

  /** Resolves when every request has been answered. */
  async whenAllSent(): Promise<void> {
    if (this.#slots.length === 0) return;
    await new Promise<void>((resolve) => (this.#onEmpty = resolve));
  }

  #flush(): void {
    let slot = this.#slots.first;
    while (slot?.reply !== undefined) {
      this.#slots.shift();
      this.#send(encodeReply(slot.reply, slot.coding));
      if (slot.close !== undefined) {
        this.#slots.clear();
        this.socket.close(slot.close.code, slot.close.reason);
      }
      slot = this.#slots.first;
    }
    if (this.#slots.length === 0) this.#onEmpty?.();
  }

  #send(frame: string | Uint8Array): void {
    if (this.socket.readyState !== this.socket.OPEN) return;
    // The acknowledgements of one commit leave in one write.
    if (!this.#isCorked) {
      this.#isCorked = true;
      this.stream.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        this.stream.uncork();
      });
    }
    this.socket.send(frame);
  }
}
