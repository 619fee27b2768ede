import {
  type Value,
  type ValueMap,
  isMap,
  maximumContainers,
  maximumDepth,
} from "../../src/protocol/index.js";
import { PickleError } from "./pickle-error.js";
import {
  CallNode,
  DictNode,
  FloatNode,
  ListNode,
  NameNode,
  PersistentNode,
  type PickleNode,
  SetNode,
  TupleNode,
} from "./nodes.js";
import { type Allowance, FileBudget } from "./budget.js";
import { bytesOf, describe, nameOf, plainCall } from "./calls.js";
import { readDatetime } from "./datetime.js";
import { type ArrayParts, objectsOf, readArrayParts, readElementType, viewOf } from "./numpy.js";
import { readOpcodes } from "./opcodes.js";
import { readTensorParts } from "./tensor.js";
import { formatPythonFloat } from "./text.js";

export { PickleError } from "./pickle-error.js";

/**
 * Reads a pickle of protocol 0 to 5 as plain data: dict, list, tuple, str, int, float, bool, None, bytes, bytearray, OrderedDict,
 * defaultdict, datetime (a naive one counts as UTC), numpy scalars and arrays, tensors of torch, `io.BytesIO` as its bytes, and `aepsych.config.Config`
 * as a map of its sections, `common` first. Keys that are not text become the text that `json.dumps` writes.
 *
 * Runs nothing, whatever the pickle contains: names of Python are looked up in one table of functions that only read.
 *
 * @param allowance how large the value may become.
 * @throws PickleError, and nothing else, for any other pickle.
 */
export function readPickle(
  bytes: Uint8Array,
  allowance: Allowance = new FileBudget().allow(bytes.length),
): Value {
  return new Builder(allowance).build(readOpcodes(bytes), 0);
}

/** The rough cost of one item of a list or map, and of a list or map itself. */
const itemCost = 8;
const containerCost = 32;

/** Converts the object of one Python callable to a value. */
type Reading = (call: CallNode, builder: Builder, depth: number) => Value;

const readings: ReadonlyMap<string, Reading> = new Map<string, Reading>([
  ["builtins.bytes", (call, builder) => builder.copy(bytesOf(call))],
  ["builtins.bytearray", (call, builder) => builder.copy(bytesOf(call))],
  ["_codecs.encode", (call, builder) => builder.copy(bytesOf(call))],
  ["_io.BytesIO", readBytesIo],
  ["io.BytesIO", readBytesIo],
  ["collections.OrderedDict", readDictLike],
  ["collections.defaultdict", readDictLike],
  ["datetime.datetime", (call) => readDatetime(bytesOf(call.args[0]), call.args[1])],
  ["aepsych.config.Config", readConfig],
  ["configparser.ConfigParser", readConfig],
  ...["numpy.core", "numpy._core"].flatMap((core): [string, Reading][] => [
    [`${core}.multiarray.scalar`, readScalar],
    [
      `${core}.multiarray._reconstruct`,
      (call, builder, depth) => builder.buildArray(readArrayParts(call, false), depth),
    ],
    [
      `${core}.numeric._frombuffer`,
      (call, builder, depth) => builder.buildArray(readArrayParts(call, true), depth),
    ],
  ]),
  ["torch._utils._rebuild_tensor", readTensor],
  ["torch._utils._rebuild_tensor_v2", readTensor],
  ["torch._utils._rebuild_parameter", (call, builder, depth) => builder.build(call.args[0] ?? null, depth)],
]);

class Builder {
  #containers = 0;

  constructor(readonly allowance: Allowance) {}

  /** @param depth the number of lists and maps around the node. */
  build(node: PickleNode, depth: number): Value {
    if (typeof node === "string") {
      this.spend(node.length);
      return node;
    }
    if (node === null || typeof node !== "object") return node;
    if (node instanceof FloatNode) return node.value;
    if (node instanceof Uint8Array) return this.copy(node);
    if (node instanceof ListNode || node instanceof TupleNode) return this.buildList(node.items, depth);
    if (node instanceof DictNode) return this.buildMap(node.entries, depth);
    if (node instanceof SetNode) throw new PickleError("it holds a set");
    if (node instanceof PersistentNode) throw new PickleError("it refers to objects outside of it");
    if (node instanceof NameNode) throw new PickleError(`it holds the name ${describe(node)} itself`);
    const call = plainCall(node);
    const reading = call.callable instanceof NameNode ? readings.get(nameOf(call.callable)) : undefined;
    if (reading === undefined || call.hasKeywords)
      throw new PickleError(`it holds a ${describe(call.callable)} object`);
    return reading(call, this, depth);
  }

  buildList(items: readonly PickleNode[], depth: number): Value[] {
    this.enter(depth, items.length);
    const list: Value[] = [];
    for (const item of items) list.push(this.build(item, depth + 1));
    return list;
  }

  buildMap(entries: readonly PickleNode[], depth: number): ValueMap {
    this.enter(depth, entries.length);
    const map: ValueMap = new Map();
    const others = new Map<string, PickleNode>();
    for (let index = 0; index < entries.length; index += 2) {
      const node = entries[index] ?? null;
      const key = this.#buildKey(node);
      // Only a key that was not text can have the text of another key.
      if (map.has(key) && !isSameKey(others.get(key) ?? key, node))
        throw new PickleError("it holds two keys that become the same text");
      if (typeof node !== "string") others.set(key, node);
      map.set(key, this.build(entries[index + 1] ?? null, depth + 1));
    }
    return map;
  }

  buildArray(parts: ArrayParts, depth: number): Value {
    const { shape, strides, type } = parts;
    let item: (position: number, itemDepth: number) => Value;
    if (type.size === undefined) {
      const objects = objectsOf(parts);
      item = (position, itemDepth) => this.build(objects[position] ?? null, itemDepth);
    } else {
      const { size, read } = type;
      const view = viewOf(bytesOf(parts.data), parts.count, size);
      this.spend(view.byteLength);
      item = (position) => read(view, position * size);
    }
    const dimension = (index: number, position: number, itemDepth: number): Value => {
      const length = shape[index];
      const stride = strides[index] ?? 0;
      if (length === undefined) return item(position, itemDepth);
      this.enter(itemDepth, length);
      const list: Value[] = [];
      for (let step = 0; step < length; step += 1) {
        list.push(dimension(index + 1, position + step * stride, itemDepth + 1));
      }
      return list;
    };
    return dimension(0, parts.offset, depth);
  }

  /** Copies bytes: a view would keep the whole pickle in memory. */
  copy(bytes: Uint8Array): Uint8Array {
    this.spend(bytes.length);
    return new Uint8Array(bytes);
  }

  /** Counts a list or map before it is created. */
  enter(depth: number, items: number): void {
    this.#containers += 1;
    if (depth >= maximumDepth)
      throw new PickleError(`it is nested deeper than ${maximumDepth} levels, or holds itself`);
    if (this.#containers > maximumContainers)
      throw new PickleError(`it holds more than ${maximumContainers} lists and dicts`);
    this.spend(containerCost + items * itemCost);
  }

  /** Counts bytes or characters before they are created. */
  spend(units: number): void {
    if (!this.allowance.spend(units))
      throw new PickleError("it becomes too large when its parts are repeated");
  }

  #buildKey(node: PickleNode): string {
    if (typeof node === "string") {
      this.spend(node.length);
      return node;
    }
    if (node === null || typeof node === "boolean") return String(node);
    if (typeof node === "number" || typeof node === "bigint") return node.toString();
    if (node instanceof FloatNode) return formatPythonFloat(node.value);
    // A numpy string is a str to Python.
    const key = node instanceof CallNode ? this.build(node, maximumDepth) : undefined;
    if (typeof key !== "string") throw new PickleError("it holds a key that is neither text nor a number");
    return key;
  }
}

/** Whether two keys of the same text are one key in Python, so that the later value counts. */
function isSameKey(a: PickleNode, b: PickleNode): boolean {
  if (a instanceof FloatNode && b instanceof FloatNode) return a.value === b.value;
  return typeof a !== "object" && a === b;
}

function readDictLike(call: CallNode, builder: Builder, depth: number): Value {
  const [first, ...rest] = call.args;
  // A defaultdict is created from its default factory; its items are set later.
  const isBare = first === undefined || first === null || first instanceof NameNode;
  if (!isBare || rest.length > 0 || isFilled(call.state) || call.items.length > 0)
    throw new PickleError(`it holds a ${describe(call.callable)} object in an unknown form`);
  return builder.buildMap(call.entries, depth);
}

function readBytesIo(call: CallNode, builder: Builder): Value {
  const [contents] = call.state instanceof TupleNode ? call.state.items : call.args;
  return builder.copy(contents === undefined ? new Uint8Array() : bytesOf(contents));
}

function readTensor(call: CallNode, builder: Builder, depth: number): Value {
  // A storage may be part of several tensors, and is read for each.
  return builder.buildArray(
    readTensorParts(call, (length) => {
      builder.spend(length);
    }),
    depth,
  );
}

function readScalar(call: CallNode, builder: Builder): Value {
  const [type, data] = call.args;
  const { size, read } = readElementType(type);
  if (size === undefined) throw new PickleError("it holds a numpy scalar of type object");
  const view = viewOf(bytesOf(data), 1, size);
  builder.spend(size);
  return read(view, 0);
}

/** Reads the sections of a configparser; ignores its other attributes. */
function readConfig(call: CallNode, builder: Builder, depth: number): Value {
  const state = call.state instanceof DictNode ? call.state.entries : [];
  builder.spend(state.length);
  const attribute = (name: string) => {
    // The last of equal ones counts, as in a dict.
    for (let index = state.length - 2; index >= 0; index -= 2) {
      if (state[index] === name) return state[index + 1];
    }
    return undefined;
  };
  const section = attribute("default_section");
  const defaults = attribute("_defaults");
  const sections = attribute("_sections");
  if (defaults === undefined || sections === undefined)
    throw new PickleError(`it holds a ${describe(call.callable)} object without sections`);
  const others = builder.build(sections, depth);
  const common = builder.build(defaults, depth + 1);
  if (!isMap(others) || !isMap(common))
    throw new PickleError(`it holds a ${describe(call.callable)} object whose sections are not a dict`);
  const name = typeof section === "string" ? section : "common";
  if (others.has(name)) throw new PickleError("it holds two sections of the same name");
  return new Map<string, Value>([[name, common], ...others]);
}

function isFilled(state: PickleNode | undefined): boolean {
  return state !== undefined && state !== null;
}
