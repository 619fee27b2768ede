import { Fifo } from "../../common/index.js";
import { CloseCode, type Coding, type Reply } from "../../protocol/index.js";
import type { Door } from "./door.js";

/** The place of one reply among those of its conversation. */
export interface ReplySlot {
  readonly coding: Coding;
  reply: Reply | undefined;
  /** Whether the door closes after this reply. */
  isLast: boolean;
}

/** Sends the replies of one conversation in the order of its requests, in whatever order they become ready. */
export class Replies {
  readonly #slots = new Fifo<ReplySlot>();
  #onEmpty: (() => void) | undefined;

  constructor(readonly door: Pick<Door, "send" | "close">) {}

  /** Reserves the place of the reply to the request that is begun now. */
  reserve(slot: ReplySlot): void {
    this.#slots.push(slot);
  }

  /** Sends a reply when all earlier ones are sent. */
  answer(slot: ReplySlot, reply: Reply): void {
    slot.reply = reply;
    this.#flush();
  }

  /** Sends a reply as the last one, and closes the door after it. */
  answerLast(slot: ReplySlot, reply: Reply): void {
    slot.isLast = true;
    this.answer(slot, reply);
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
      this.door.send(slot.reply, slot.coding);
      if (slot.isLast) {
        this.#slots.clear();
        this.door.close(CloseCode.unavailable, "try again later");
      }
      slot = this.#slots.first;
    }
    if (this.#slots.length === 0) this.#onEmpty?.();
  }
}
