/** A description of a Python object, the result of a pickle's opcodes. Numbers and bigints are Python's int. */
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
  | PersistentNode
  | CallNode;

/** A float, distinct from an int because the keys 1.0 and 1 have different texts. */
export class FloatNode {
  constructor(readonly value: number) {}
}

export class ListNode {
  constructor(readonly items: PickleNode[]) {}
}

export class TupleNode {
  constructor(readonly items: PickleNode[]) {}
}

/** A dict: keys and values in turn; a key that was set twice appears twice. */
export class DictNode {
  constructor(readonly entries: PickleNode[]) {}
}

/** A set or frozenset, without its items: values have no sets. */
export class SetNode {
  readonly kind = "set";
}

/** The name of something that Python would import. */
export class NameNode {
  constructor(
    readonly module: string,
    readonly name: string,
  ) {}
}

/** A reference to an object outside of the pickle, by an id whose meaning only its program knows. */
export class PersistentNode {
  constructor(readonly id: PickleNode) {}
}

/** A call that Python would make, and what it would then do to the object. */
export class CallNode {
  /** The argument for `__setstate__`. */
  state: PickleNode | undefined;
  /** Items to append. */
  items: PickleNode[] = [];
  /** Items to set: keys and values in turn. */
  entries: PickleNode[] = [];

  constructor(
    readonly callable: PickleNode,
    readonly args: readonly PickleNode[],
    readonly hasKeywords: boolean,
  ) {}
}
