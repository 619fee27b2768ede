import { ProtocolError } from "../error.js";
import { maximumContainers, maximumDecodedBytes, maximumDepth, maximumValues } from "../value.js";

/** What a value takes in memory besides its text or bytes: measured in V8 on 64 bits, rounded up. */
export const decodedBytes = { scalar: 16, text: 40, bytes: 512, list: 64, map: 200, member: 64 } as const;

/**
 * Which limits hold besides that of depth: those of messages that arrive; for stored ones only that of containers, because
 * telltale 0.1.0 took messages with more values; none for texts that telltale wrote.
 */
export type DecodingLimits = "arriving" | "stored" | "none";

/** Counts what one message becomes in memory during decoding, and ends the decoding when it becomes too much. */
export class DecodingBudget {
  #containers = 0;
  #values = 0;
  #bytes = 0;

  constructor(
    readonly limits: DecodingLimits,
    readonly deepest = maximumDepth,
  ) {}

  /**
   * Counts a list or map at this depth; the outermost has depth 1.
   *
   * @throws ProtocolError `invalid` if it is too deep, or there are too many; `too_costly` as {@link count} does.
   */
  enter(depth: number, bytes: number): void {
    this.#containers += 1;
    if (depth > this.deepest) {
      throw new ProtocolError("invalid", `The message is nested more than ${this.deepest} levels deep.`);
    }
    if (this.limits !== "none" && this.#containers > maximumContainers) {
      throw new ProtocolError("invalid", `The message has more than ${maximumContainers} lists and objects.`);
    }
    this.count(bytes);
  }

  /**
   * Counts a value of this size in memory.
   *
   * @throws ProtocolError `too_costly` if the message has too many values, or they take too much memory.
   */
  count(bytes: number): void {
    this.#values += 1;
    if (this.limits === "arriving" && this.#values > maximumValues)
      throw new ProtocolError("too_costly", `The message has more than ${maximumValues} values; split it.`);
    this.reserve(bytes);
  }

  /**
   * Counts memory that a value takes.
   *
   * @throws ProtocolError `too_costly` if the values of the message take too much memory.
   */
  reserve(bytes: number): void {
    this.#bytes += bytes;
    if (this.limits === "arriving" && this.#bytes > maximumDecodedBytes)
      throw new ProtocolError(
        "too_costly",
        `The message takes more than ${maximumDecodedBytes} bytes of memory when it is read; split it.`,
      );
  }
}
