import { Fifo } from "../../common/index.js";
import { Batch, Extent, type SameWrites } from "./batch.js";
import { Place, type Waiting, type WaitingWork } from "./waiting.js";

/** The lane of what no connection submitted. */
const ownLane = {};

/**
 * What waits to be written, with its size in bytes. Each connection has a lane, first in, first out, and the lanes take turns: a batch
 * takes of each its share, so that nobody waits for all that another has sent. Messages of one session keep their order also where
 * several connections sent them. Work, and writes without a connection, share a lane.
 */
export class Backlog {
  /** In the order of their turns. */
  readonly #lanes = new Map<object, Fifo<Place>>();
  readonly #sessions = new Map<string, Fifo<Place>>();
  #length = 0;
  #bytes = 0;
  #isFull = false;

  /**
   * @param maximumBytes how many bytes may wait before the backlog reports itself full; it accepts more all the same.
   * @param onFull called with `true` when the backlog becomes full, and with `false` when it has shrunk to half of that.
   */
  constructor(
    readonly maximumBytes: number,
    readonly onFull: ((isFull: boolean) => void) | undefined,
  ) {}

  get isFull(): boolean {
    return this.#isFull;
  }

  get length(): number {
    return this.#length;
  }

  /** The number of bytes that wait, overhead included. */
  get bytes(): number {
    return this.#bytes;
  }

  add(waiting: Waiting): void {
    const place = new Place(waiting);
    push(this.#lanes, "work" in waiting ? ownLane : (waiting.signal ?? ownLane), place);
    if (place.session !== undefined) push(this.#sessions, place.session, place);
    this.#length += 1;
    this.#count(place.bytes);
  }

  /** Removes and returns what goes into the next transaction: one piece of work, or of each lane its share. */
  takeNext(): WaitingWork | SameWrites[] {
    const batch = new Batch(this.#lanes.size);
    let bytes = 0;
    for (const [key, lane] of [...this.#lanes]) {
      const used = new Extent();
      for (let place = lane.first; place !== undefined; place = lane.first) {
        const { waiting, session } = place;
        if ("work" in waiting) {
          // A lane that is passed over is the first of a later batch.
          if (batch.groups.length > 0) break;
          this.#remove(key, lane, place);
          this.#count(-place.bytes);
          return waiting;
        }
        const isNext = session === undefined || this.#sessions.get(session)?.first === place;
        if (!isNext || !batch.add(waiting, place, used)) break;
        this.#remove(key, lane, place);
        bytes += place.bytes;
      }
    }
    this.#count(-bytes);
    return batch.groups;
  }

  /** Removes and returns everything. */
  takeAll(): Waiting[] {
    const waiting: Waiting[] = [];
    for (const lane of this.#lanes.values())
      for (let place = lane.shift(); place !== undefined; place = lane.shift()) waiting.push(place.waiting);
    this.#lanes.clear();
    this.#sessions.clear();
    this.#length = 0;
    this.#count(-this.#bytes);
    return waiting;
  }

  /** Removes the first of a lane, and puts the lane behind the others. */
  #remove(key: object, lane: Fifo<Place>, { session }: Place): void {
    lane.shift();
    this.#length -= 1;
    this.#lanes.delete(key);
    if (lane.length > 0) this.#lanes.set(key, lane);
    if (session === undefined) return;
    const ofSession = this.#sessions.get(session);
    ofSession?.shift();
    if (ofSession?.length === 0) this.#sessions.delete(session);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    const isFull = this.#isFull ? this.#bytes > this.maximumBytes / 2 : this.#bytes > this.maximumBytes;
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.onFull?.(isFull);
  }
}

function push<Key>(fifos: Map<Key, Fifo<Place>>, key: Key, place: Place): void {
  const fifo = fifos.get(key);
  if (fifo !== undefined) {
    fifo.push(place);
    return;
  }
  const added = new Fifo<Place>();
  added.push(place);
  fifos.set(key, added);
}
