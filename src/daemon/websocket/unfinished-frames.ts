/** Approximate memory of a piece of a frame, besides its bytes. */
const bytesOfPiece = 128;

/**
 * Bounds what the unfinished frames of all connections take together: each may grow to the size limit of a message before it is one. When
 * the sum passes the bound, the connection with the largest one is ended.
 */
export class UnfinishedFrames<Connection> {
  readonly #bytes = new Map<Connection, number>();
  #sum = 0;

  /** @param end closes a connection, which then counts no more. */
  constructor(
    readonly maximumBytes: number,
    readonly end: (connection: Connection) => void,
  ) {}

  /** What all unfinished frames take. */
  get sum(): number {
    return this.#sum;
  }

  /** Counts bytes that were read from a connection. */
  add(connection: Connection, bytes: number): void {
    const counted = bytes + bytesOfPiece;
    this.#bytes.set(connection, (this.#bytes.get(connection) ?? 0) + counted);
    this.#sum += counted;
    if (this.#sum > this.maximumBytes) this.#endLargest();
  }

  /** Notes that what was read from a connection has become a message, or that the connection has closed. */
  finish(connection: Connection): void {
    this.#sum -= this.#bytes.get(connection) ?? 0;
    this.#bytes.delete(connection);
  }

  #endLargest(): void {
    let largest: [Connection, number] | undefined;
    for (const entry of this.#bytes) if (largest === undefined || entry[1] > largest[1]) largest = entry;
    if (largest === undefined) return;
    this.finish(largest[0]);
    this.end(largest[0]);
  }
}
