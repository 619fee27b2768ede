import type { Value } from "../../src/protocol/index.js";
import { PickleError } from "./pickle-error.js";
import { CallNode, ListNode, NameNode, type PickleNode, TupleNode } from "./nodes.js";

/** The element type of an array. */
export interface ElementType {
  /** The bytes of an element; undefined for objects, which are in a list. */
  readonly size: number | undefined;
  /** Reads the element at an offset. */
  readonly read: (view: DataView, offset: number) => Value;
}

/** As many dimensions as numpy allows; torch has the same bound. */
export const maximumDimensions = 64;

/**
 * The element type that a `numpy.dtype` describes.
 *
 * @throws PickleError for a type other than boolean, integer, float, text, bytes or object.
 */
export function readElementType(node: PickleNode | undefined): ElementType {
  if (!(node instanceof CallNode) || !isNamed(node.callable, /^numpy$/, "dtype")) throw unknownType("?");
  const [code] = node.args;
  const [, byteOrder, subtype, names, fields, itemSize] =
    node.state instanceof TupleNode ? node.state.items : [];
  if (typeof code !== "string") throw unknownType("?");
  if (isSet(subtype) || isSet(names) || isSet(fields)) throw unknownType(code);
  const isLittle = byteOrder !== ">";
  const fixed = numberTypes(isLittle).get(code);
  if (fixed !== undefined) return fixed;
  if (/^O[0-9]*$/.test(code)) return { size: undefined, read: () => null };
  const size = typeof itemSize === "number" ? itemSize : -1;
  if (/^U[0-9]+$/.test(code) && size >= 0 && size % 4 === 0) {
    return { size, read: (view, offset) => readText(view, offset, size, isLittle) };
  }
  if (/^S[0-9]+$/.test(code) && size >= 0) return { size, read: (view, offset) => trim(view, offset, size) };
  throw unknownType(code);
}

/** The arguments with which numpy pickles an array. */
export interface ArrayParts {
  readonly type: ElementType;
  readonly shape: readonly number[];
  /** The distance of neighbours in each dimension, in elements. */
  readonly strides: readonly number[];
  /** The first element of the array in the data. */
  readonly offset: number;
  /** How many elements the data has. */
  readonly count: number;
  /** Bytes, or a list of objects. */
  readonly data: PickleNode | undefined;
}

/**
 * Reads the parts of an array from a call of numpy's `_reconstruct` with its state, or of its `_frombuffer`.
 *
 * @throws PickleError for a call that numpy does not write.
 */
export function readArrayParts(call: CallNode, isBuffer: boolean): ArrayParts {
  if (isBuffer) {
    const [data, type, shape, order] = call.args;
    return arrayParts(data, type, shape, order === "F");
  }
  if (!isNamed(call.args[0], /^numpy$/, "ndarray"))
    throw new PickleError("it holds a numpy array of an unknown class");
  const [version, shape, type, isFortran, data] = call.state instanceof TupleNode ? call.state.items : [];
  if (version !== 1) throw new PickleError("it holds a numpy array in an unknown form");
  return arrayParts(data, type, shape, isFortran === true);
}

function arrayParts(
  data: PickleNode | undefined,
  type: PickleNode | undefined,
  shapeNode: PickleNode | undefined,
  isFortran: boolean,
): ArrayParts {
  const shape =
    shapeNode instanceof TupleNode ? shapeNode.items.map(readDimension) : [readDimension(shapeNode)];
  if (shape.length > maximumDimensions)
    throw new PickleError("it holds a numpy array with too many dimensions");
  const strides: number[] = [];
  let count = 1;
  const dimensions = [...shape.keys()];
  for (const dimension of isFortran ? dimensions : dimensions.reverse()) {
    strides[dimension] = count;
    count *= shape[dimension] ?? 0;
  }
  return { type: readElementType(type), shape, strides, offset: 0, count, data };
}

/** The length of a dimension. @throws PickleError unless it is a whole number from 0. */
export function readDimension(node: PickleNode | undefined): number {
  if (typeof node !== "number" || node < 0)
    throw new PickleError("it holds an array with an impossible shape");
  return node;
}

/** The objects of an array of dtype object. */
export function objectsOf(parts: ArrayParts): readonly PickleNode[] {
  if (!(parts.data instanceof ListNode) || parts.data.items.length !== parts.count) throw wrongLength();
  return parts.data.items;
}

/** A view of the elements' bytes, after checking their number against the shape. */
export function viewOf(bytes: Uint8Array, count: number, size: number): DataView {
  if (bytes.length !== count * size) throw wrongLength();
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isNamed(node: PickleNode | undefined, module: RegExp, name: string): boolean {
  return node instanceof NameNode && module.test(node.module) && node.name === name;
}

function isSet(node: PickleNode | undefined): boolean {
  return node !== undefined && node !== null;
}

/** The element types of numbers and booleans, by numpy's code. */
export function numberTypes(isLittle: boolean): ReadonlyMap<string, ElementType> {
  return isLittle ? littleTypes : bigTypes;
}

function makeNumberTypes(little: boolean): ReadonlyMap<string, ElementType> {
  const types: [string, number, ElementType["read"]][] = [
    ["b1", 1, (view, at) => view.getUint8(at) !== 0],
    ["i1", 1, (view, at) => view.getInt8(at)],
    ["i2", 2, (view, at) => view.getInt16(at, little)],
    ["i4", 4, (view, at) => view.getInt32(at, little)],
    ["i8", 8, (view, at) => numberWhereExact(view.getBigInt64(at, little))],
    ["u1", 1, (view, at) => view.getUint8(at)],
    ["u2", 2, (view, at) => view.getUint16(at, little)],
    ["u4", 4, (view, at) => view.getUint32(at, little)],
    ["u8", 8, (view, at) => numberWhereExact(view.getBigUint64(at, little))],
    ["f2", 2, (view, at) => readHalf(view.getUint16(at, little))],
    ["f4", 4, (view, at) => view.getFloat32(at, little)],
    ["f8", 8, (view, at) => view.getFloat64(at, little)],
  ];
  return new Map(types.map(([code, size, read]) => [code, { size, read }]));
}

const littleTypes = makeNumberTypes(true);
const bigTypes = makeNumberTypes(false);

function numberWhereExact(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function readText(view: DataView, offset: number, size: number, isLittle: boolean): string {
  let text = "";
  let end = size;
  while (end > 0 && view.getUint32(offset + end - 4, isLittle) === 0) end -= 4;
  for (let at = 0; at < end; at += 4) {
    const code = view.getUint32(offset + at, isLittle);
    if (code > 0x10ffff) throw new PickleError("it holds text that is not Unicode");
    text += String.fromCodePoint(code);
  }
  return text;
}

function trim(view: DataView, offset: number, size: number): Uint8Array {
  let end = size;
  while (end > 0 && view.getUint8(offset + end - 1) === 0) end -= 1;
  return new Uint8Array(view.buffer, view.byteOffset + offset, end).slice();
}

function unknownType(code: string): PickleError {
  const named = /^[A-Za-z0-9]{1,12}$/.test(code) ? ` (${code})` : "";
  return new PickleError(`it holds numpy data of an unknown type${named}`);
}

function wrongLength(): PickleError {
  return new PickleError("it holds a numpy array whose data does not fit its shape");
}
