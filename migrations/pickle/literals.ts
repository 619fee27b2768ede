import type { ByteReader } from "./byte-reader.js";
import { PickleError } from "./pickle-error.js";
import { DictNode, FloatNode, ListNode, NameNode, type PickleNode, SetNode, TupleNode } from "./nodes.js";
import { parseInteger } from "./integers.js";
import { decodeLatin1, decodeRawUnicodeEscape, decodeUtf8 } from "./text.js";

/**
 * Reads the object of an opcode that pushes one without looking at the stack; undefined for any other opcode. Each case is one
 * opcode of `pickletools`, under its name there.
 */
export function readLiteral(opcode: number, reader: ByteReader): PickleNode | undefined {
  switch (opcode) {
    case 0x4e: // NONE
      return null;
    case 0x88: // NEWTRUE
      return true;
    case 0x89: // NEWFALSE
      return false;
    case 0x49: // INT
      return parseIntegerOrBoolean(decodeLatin1(reader.readLine()));
    case 0x4a: // BININT
      return reader.readInt32();
    case 0x4b: // BININT1
      return reader.readByte();
    case 0x4d: // BININT2
      return reader.readUint16();
    case 0x4c: // LONG
      return parseInteger(decodeLatin1(reader.readLine()).replace(/L$/, ""));
    case 0x8a: // LONG1
      return reader.readLong(reader.readByte());
    case 0x8b: // LONG4
      return reader.readLong(reader.readInt32());
    case 0x46: // FLOAT
      return new FloatNode(parseFloatLine(decodeLatin1(reader.readLine())));
    case 0x47: // BINFLOAT
      return new FloatNode(reader.readFloat64());

    case 0x56: // UNICODE
      return decodeRawUnicodeEscape(reader.readLine());
    case 0x8c: // SHORT_BINUNICODE
      return decodeUtf8(reader.readBytes(reader.readByte()));
    case 0x58: // BINUNICODE
      return decodeUtf8(reader.readBytes(reader.readUint32()));
    case 0x8d: // BINUNICODE8
      return decodeUtf8(reader.readBytes(reader.readUint64()));
    case 0x43: // SHORT_BINBYTES
      return reader.readBytes(reader.readByte());
    case 0x42: // BINBYTES
      return reader.readBytes(reader.readUint32());
    case 0x8e: // BINBYTES8
    case 0x96: // BYTEARRAY8
      return reader.readBytes(reader.readUint64());

    case 0x5d: // EMPTY_LIST
      return new ListNode([]);
    case 0x29: // EMPTY_TUPLE
      return new TupleNode([]);
    case 0x7d: // EMPTY_DICT
      return new DictNode([]);
    case 0x8f: // EMPTY_SET
      return new SetNode();

    case 0x63: // GLOBAL
      return readName(reader);

    default:
      return undefined;
  }
}

/** Reads the name of something to import: its module and its own name, a line each. */
export function readName(reader: ByteReader): NameNode {
  const module = decodeUtf8(reader.readLine());
  return new NameNode(module, decodeUtf8(reader.readLine()));
}

function parseIntegerOrBoolean(text: string): boolean | number | bigint {
  // Protocols 0 and 1 have no opcode for booleans.
  if (text === "00") return false;
  return text === "01" ? true : parseInteger(text);
}

function parseFloatLine(text: string): number {
  const words: Record<string, number> = { nan: NaN, "-nan": NaN, inf: Infinity, "-inf": -Infinity };
  if (Object.hasOwn(words, text)) return words[text] ?? NaN;
  if (!/^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/.test(text)) {
    throw new PickleError("it holds a number that cannot be read");
  }
  return Number(text);
}
