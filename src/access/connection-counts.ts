/** Counts the open connections, in all and of each address. */
export class ConnectionCounts {
  #all = 0;
  readonly #ofAddress = new Map<string, number>();

  constructor(
    readonly maximum: number,
    readonly maximumOfAddress: number,
  ) {}

  /** Counts a new connection, or returns the limit that it would exceed. */
  enter(address: string): "too_many_connections" | "too_many_connections_of_address" | undefined {
    const present = this.#ofAddress.get(address) ?? 0;
    if (present >= this.maximumOfAddress) return "too_many_connections_of_address";
    if (this.#all >= this.maximum) return "too_many_connections";
    this.#all += 1;
    this.#ofAddress.set(address, present + 1);
    return undefined;
  }

  /** Counts the end of a connection. */
  leave(address: string): void {
    this.#all -= 1;
    const left = (this.#ofAddress.get(address) ?? 0) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
  }
}
