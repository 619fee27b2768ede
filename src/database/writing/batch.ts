import { type Write } from "../../derivation/index.js";
import { equalValues } from "../../protocol/index.js";
import { identityOf } from "./commit-batch.js";
import type { Place, WaitingWrite } from "./waiting.js";

/** The most that goes into one transaction, which others wait for; a larger write goes alone. */
const bounds = { writes: 512, rows: 4000, bytes: 2 * 1024 * 1024 };

/** The same message, sent once or several times: the first write is made, and settles the others too. */
export type SameWrites = WaitingWrite[];

/** The writes of the next transaction, in their order; each identity is in it once. */
export class Batch {
  readonly groups: SameWrites[] = [];
  readonly #byIdentity = new Map<string, SameWrites>();
  readonly #total = new Extent();

  /** @param clients how many clients have something waiting: each gets its share of the batch. */
  constructor(readonly clients: number) {}

  /**
   * Adds a write if there is room for it.
   *
   * @param used what the batch holds of the write's client; the write is counted there too.
   * @returns false if the write must wait for a later batch.
   */
  add(waiting: WaitingWrite, place: Place, used: Extent): boolean {
    const identity = identityOf(waiting.write);
    const same = identity === undefined ? undefined : this.#byIdentity.get(identity);
    const first = same?.[0];
    if (first !== undefined && !equalValues(frameOf(first.write), frameOf(waiting.write))) return false;
    if (this.groups.length > 0 && !this.#total.hasRoom(place, 1)) return false;
    if (used.writes > 0 && !used.hasRoom(place, this.clients)) return false;
    this.#total.count(place);
    used.count(place);
    if (same !== undefined) same.push(waiting);
    else {
      const group = [waiting];
      this.groups.push(group);
      if (identity !== undefined) this.#byIdentity.set(identity, group);
    }
    return true;
  }
}

/** How much of a batch is used. */
export class Extent {
  writes = 0;
  #rows = 0;
  #bytes = 0;

  count({ rows, bytes }: Place): void {
    this.writes += 1;
    this.#rows += rows;
    this.#bytes += bytes;
  }

  /** Whether one more fits, where the bounds are divided among so many. */
  hasRoom({ rows, bytes }: Place, divisor: number): boolean {
    return (
      this.writes + 1 <= bounds.writes / divisor &&
      this.#rows + rows <= bounds.rows / divisor &&
      this.#bytes + bytes <= bounds.bytes / divisor
    );
  }
}

function frameOf(write: Write): Uint8Array | undefined {
  return write.kind === "rejection" ? undefined : write.message.frame;
}
