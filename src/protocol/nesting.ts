import { ProtocolError } from "./error.js";
import { maximumContainers, maximumDepth } from "./value.js";

/** Counts the lists and maps of one message while it is decoded. */
export class Nesting {
  #containers = 0;

  /** The bounds of frames, unless others are given. */
  constructor(
    readonly deepest = maximumDepth,
    readonly most = maximumContainers,
  ) {}

  /**
   * Notes a list or map at this depth, the outermost at 1.
   *
   * @throws ProtocolError `invalid` for one that is too deep, or one too many.
   */
  enter(depth: number): void {
    this.#containers += 1;
    if (depth > this.deepest) {
      throw new ProtocolError("invalid", `The message is nested deeper than ${this.deepest} levels.`);
    }
    if (this.#containers > this.most) {
      throw new ProtocolError("invalid", `The message has more than ${this.most} lists and objects.`);
    }
  }
}
