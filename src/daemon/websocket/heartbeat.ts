/** After how many silent pings a client counts as gone. */
const maximumSilentPings = 2;

/** What is known of a connection when it is to be pinged. */
export interface VitalSigns {
  /** Bytes received so far; a part of a large frame is a sign of life too. */
  readonly receivedBytes: number;
  /** Bytes that wait to be sent; a client that reads them is alive. */
  readonly unsentBytes: number;
  /** Whether telltale itself did not read from the client since the last ping. */
  readonly wasHeldHere: boolean;
}

/** Judges, ping by ping, whether a client is still there. */
export class Heartbeat {
  #silentPings = 0;
  #receivedBytes = 0;
  #unsentBytes = 0;

  /** Returns whether to ping again; false once the client was silent for two pings. */
  beat({ receivedBytes, unsentBytes, wasHeldHere }: VitalSigns): boolean {
    const isAlive = receivedBytes > this.#receivedBytes || unsentBytes < this.#unsentBytes || wasHeldHere;
    this.#receivedBytes = receivedBytes;
    this.#unsentBytes = unsentBytes;
    this.#silentPings = isAlive ? 0 : this.#silentPings + 1;
    return this.#silentPings < maximumSilentPings;
  }
}
