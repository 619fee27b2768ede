import { ByteReader } from "./byte-reader.js";
import { bytesOf, nameOf } from "./calls.js";
import {
  CallNode,
  DictNode,
  ListNode,
  NameNode,
  PersistentNode,
  type PickleNode,
  TupleNode,
} from "./nodes.js";
import { type ArrayParts, type ElementType, maximumDimensions, numberTypes, readDimension } from "./numpy.js";
import { readNextPickle } from "./opcodes.js";
import { PickleError } from "./pickle-error.js";

/** The elements of torch's typed storages, by numpy's code. */
const codes: ReadonlyMap<string, string> = new Map([
  ["torch.BoolStorage", "b1"],
  ["torch.ByteStorage", "u1"],
  ["torch.CharStorage", "i1"],
  ["torch.ShortStorage", "i2"],
  ["torch.IntStorage", "i4"],
  ["torch.LongStorage", "i8"],
  ["torch.HalfStorage", "f2"],
  ["torch.FloatStorage", "f4"],
  ["torch.DoubleStorage", "f8"],
]);

/** What `torch.save` writes first, in the format from before it wrote zip files. */
const magicNumber = 0x1950a86a20f9469cfc6cn;
const formatVersion = 1001;

/**
 * Reads the parts of a tensor from a call of torch's `_rebuild_tensor_v2(storage, offset, size, stride, …)`, whose storage is a call of
 * `_load_from_bytes` with what `torch.save` writes of a storage.
 *
 * @param spend called with the bytes of the storage before they are read.
 * @throws PickleError for a tensor that torch does not write so.
 */
export function readTensorParts(call: CallNode, spend: (length: number) => void): ArrayParts {
  const [storage, offsetNode, size, stride] = call.args;
  if (!(size instanceof TupleNode) || !(stride instanceof TupleNode)) throw unknownForm();
  const shape = size.items.map(readDimension);
  const strides = stride.items.map(readDimension);
  const offset = readDimension(offsetNode);
  if (shape.length !== strides.length || shape.length > maximumDimensions) throw unknownForm();
  const { type, count, data } = readStorage(storage, spend);
  const last = shape.reduce((sum, length, index) => sum + (length - 1) * (strides[index] ?? 0), offset);
  if (!shape.includes(0) && last >= count)
    throw new PickleError("it holds a tensor whose data does not fit its shape");
  return { type, shape, strides, offset, count, data };
}

interface Storage {
  readonly type: ElementType;
  readonly count: number;
  readonly data: Uint8Array;
}

function readStorage(node: PickleNode | undefined, spend: (length: number) => void): Storage {
  if (!(node instanceof CallNode && node.callable instanceof NameNode)) throw unknownForm();
  if (nameOf(node.callable) !== "torch.storage._load_from_bytes") throw unknownForm();
  const bytes = bytesOf(node.args[0]);
  spend(bytes.length);
  const reader = new ByteReader(bytes);
  if (readNextPickle(reader) !== magicNumber || readNextPickle(reader) !== formatVersion) throw unknownForm();
  const isLittle = readIsLittleEndian(readNextPickle(reader));
  const [type, key, count] = readReference(readNextPickle(reader), isLittle);
  const keys = readNextPickle(reader);
  if (!(keys instanceof ListNode) || keys.items.length !== 1 || keys.items[0] !== key) throw unknownForm();
  if (reader.readUint64() !== count) throw unknownForm();
  const data = reader.readBytes(count * (type.size ?? 0));
  if (!reader.isAtEnd) throw unknownForm();
  return { type, count, data };
}

function readIsLittleEndian(info: PickleNode): boolean {
  const entries = info instanceof DictNode ? info.entries : [];
  return entries[entries.indexOf("little_endian") + 1] !== false;
}

/** The type, the key and the number of elements in torch's reference to a storage. */
function readReference(node: PickleNode, isLittle: boolean): [ElementType, string, number] {
  const parts = node instanceof PersistentNode && node.id instanceof TupleNode ? node.id.items : [];
  const [kind, storageType, key, , countNode, view] = parts;
  // A view of another storage is of versions before tensors could be pickled so.
  if (kind !== "storage" || typeof key !== "string" || (view ?? null) !== null) throw unknownForm();
  const name = storageType instanceof NameNode ? nameOf(storageType) : "";
  const type =
    numberTypes(isLittle).get(codes.get(name) ?? "") ??
    (name === "torch.BFloat16Storage" ? bfloat16(isLittle) : undefined);
  if (type === undefined) throw new PickleError("it holds a tensor of an unknown type");
  return [type, key, readDimension(countNode)];
}

/** The upper half of a 32-bit float. */
function bfloat16(isLittle: boolean): ElementType {
  const float = new DataView(new ArrayBuffer(4));
  const read = (view: DataView, at: number) => {
    float.setUint32(0, view.getUint16(at, isLittle) << 16);
    return float.getFloat32(0);
  };
  return { size: 2, read };
}

function unknownForm(): PickleError {
  return new PickleError("it holds a tensor in an unknown form");
}
