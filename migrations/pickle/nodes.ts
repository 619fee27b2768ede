/**
 * What the opcodes of a pickle leave: a description of Python objects, of which nothing has been made yet. Numbers and bigints
 * are Python's int.
 */
export type PickleNode =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | FloatNode
  | ListNode
  | TupleNode
  | DictNode
  | SetNode
  | NameNode
  | CallNode;

/** A float; apart from the ints because a key 1.0 has another text than a key 1. */
export class FloatNode {
  constructor(readonly value: number) {}
}

export class ListNode {
  constructor(readonly items: PickleNode[]) {}
}

export class TupleNode {
  constructor(readonly items: PickleNode[]) {}
}

/** A dict: its keys and values in turn, a key that was set twice standing in it twice. */
export class DictNode {
  constructor(readonly entries: PickleNode[]) {}
}

/** A set or frozenset; what it holds is not kept, for no value has sets. */
export class SetNode {
  readonly kind = "set";
}

/** The name of something that Python would import; only a name here. */
export class NameNode {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** What Python would make by calling something, and then do to the object that it got. */
export class CallNode {
  /** What `__setstate__` would be given. */
  state: PickleNode | undefined;
  /** What would be appended to it. */
  items: PickleNode[] = [];
  /** What would be set in it: keys and values in turn. */
  entries: PickleNode[] = [];

  constructor(
    readonly callable: PickleNode,
    readonly args: readonly PickleNode[],
    readonly hasKeywords: boolean,
  ) {}
}
