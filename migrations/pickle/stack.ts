import type { PickleNode } from "./nodes.js";
import { PickleError } from "./pickle-error.js";

/** The stack of a pickle machine: the objects under construction, with a MARK where each open container starts. */
export class PickleStack {
  readonly #nodes: PickleNode[] = [];
  /** The height of the stack at each open MARK. */
  readonly #marks: number[] = [];

  get isEmpty(): boolean {
    return this.#nodes.length === 0 && this.#marks.length === 0;
  }

  mark(): void {
    this.#marks.push(this.#nodes.length);
  }

  push(node: PickleNode): void {
    this.#nodes.push(node);
  }

  top(): PickleNode {
    const node = this.#nodes.at(-1);
    if (node === undefined || this.#nodes.length <= this.#floor) throw emptyStack();
    return node;
  }

  pop(): PickleNode {
    const node = this.top();
    this.#nodes.pop();
    return node;
  }

  popSeveral(count: number): PickleNode[] {
    if (this.#nodes.length - count < this.#floor) throw emptyStack();
    return this.#nodes.splice(this.#nodes.length - count);
  }

  /** Pops the last MARK with everything above it. */
  popMark(): PickleNode[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleError("it closes a container that it has not opened");
    return this.#nodes.splice(mark);
  }

  /** Pops an object, or the last MARK if nothing is above it. */
  discard(): void {
    if (this.#nodes.length === this.#floor && this.#marks.length > 0) this.#marks.pop();
    else this.pop();
  }

  /** The height below which nothing may be popped: what is below a MARK belongs to an outer container. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }
}

function emptyStack(): PickleError {
  return new PickleError("it uses an object that it has not made");
}
