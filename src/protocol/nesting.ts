import { ProtocolError } from "./error.js";
import { maximumContainers, maximumDepth } from "./value.js";

/** Counts the lists and maps of one message during decoding. */
export class Nesting {
  #containers = 0;

  /** Uses the limits of frames by default. */
  constructor(
    readonly deepest = maximumDepth,
    readonly most = maximumContainers,
  ) {}

  /**
   * Counts a list or map at this depth; the outermost has depth 1.
   *
   * @throws ProtocolError `invalid` if it is too deep, or there are too many.
   */
  enter(depth: number): void {
    this.#containers += 1;
    if (depth > this.deepest) {
      throw new ProtocolError("invalid", `The message is nested more than ${this.deepest} levels deep.`);
    }
    if (this.#containers > this.most) {
      throw new ProtocolError("invalid", `The message has more than ${this.most} lists and objects.`);
    }
  }
}
