import type { ServerResponse } from "node:http";
import { TelltaleError } from "../common/index.js";
import { ClientLeftError } from "./client-left.js";

/** No slot became free in time. */
export class TooManyReadsError extends TelltaleError<"too_many_reads"> {
  override readonly name = "TooManyReadsError";

  constructor() {
    super("too_many_reads", "Too many clients read at once; try again later.");
  }
}

/** A reader that took nothing for this long is ended when another one needs its slot. */
const stalledAfterMs = 60_000;
/** How often a full set of slots is searched for stalled readers while someone waits. */
const searchEveryMs = 1000;

/** The limits of reading over HTTP. */
export interface ReadLimits {
  /** How many reads may be open at once. */
  readonly maximumReads: number;
  /** How long a request waits for a slot. */
  readonly waitMs: number;
}

export const defaultReadLimits: ReadLimits = { maximumReads: 32, waitMs: 10_000 };

/** One open read: how much of its answer the client has taken. */
interface Slot {
  takenBytes: number;
  takenAtMs: number;
}

/** Bounds how many requests read the database at once; the others wait in the order in which they came. */
export class ReadSlots {
  readonly #open = new Map<ServerResponse, Slot>();
  /** Lets the next request in. */
  readonly #waiting = new Set<() => void>();
  #searching: NodeJS.Timeout | undefined;

  constructor(readonly limits: ReadLimits = defaultReadLimits) {}

  /**
   * Resolves when a request may read; its slot is free again when its response closes.
   *
   * @throws TooManyReadsError when no slot became free in time; ClientLeftError when the client left meanwhile.
   */
  async enter(response: ServerResponse): Promise<void> {
    if (response.destroyed) throw new ClientLeftError();
    if (this.#open.size >= this.limits.maximumReads) await this.#wait(response);
    else this.#take(response);
  }

  #take(response: ServerResponse): void {
    this.#open.set(response, { takenBytes: takenFrom(response), takenAtMs: performance.now() });
    response.once("close", () => {
      this.#open.delete(response);
      const [next] = this.#waiting;
      next?.();
    });
  }

  #wait(response: ServerResponse): Promise<void> {
    return new Promise((resolve, reject) => {
      const stopWaiting = () => {
        clearTimeout(timer);
        response.off("close", leave);
        this.#waiting.delete(enter);
        if (this.#waiting.size === 0) this.#stopSearching();
      };
      const enter = () => {
        stopWaiting();
        this.#take(response);
        resolve();
      };
      const leave = () => {
        stopWaiting();
        reject(new ClientLeftError());
      };
      const timer = setTimeout(() => {
        stopWaiting();
        reject(new TooManyReadsError());
      }, this.limits.waitMs);
      response.once("close", leave);
      this.#waiting.add(enter);
      this.#searching ??= setInterval(() => {
        this.#endStalled();
      }, searchEveryMs);
    });
  }

  /** Ends readers that hold a slot and take nothing. */
  #endStalled(): void {
    const now = performance.now();
    for (const [response, slot] of this.#open) {
      const takenBytes = takenFrom(response);
      if (takenBytes !== slot.takenBytes || !response.writableNeedDrain) {
        Object.assign(slot, { takenBytes, takenAtMs: now });
      } else if (now - slot.takenAtMs > stalledAfterMs) response.destroy();
    }
  }

  #stopSearching(): void {
    clearInterval(this.#searching);
    this.#searching = undefined;
  }
}

/** How many bytes the system has taken for the client. */
function takenFrom({ socket }: ServerResponse): number {
  return socket === null ? 0 : socket.bytesWritten - socket.writableLength;
}
