import { PickleError } from "./pickle-error.js";
import {
  CallNode,
  DictNode,
  FloatNode,
  ListNode,
  NameNode,
  type PickleNode,
  SetNode,
  TupleNode,
} from "./nodes.js";
import { PickleReader, parseInteger } from "./byte-reader.js";
import { decodeLatin1, decodeRawUnicodeEscape, decodeUtf8 } from "./text.js";

/**
 * Runs the opcodes of a pickle, of protocol 0 to 5 (CPython 3.11, `pickletools`), to a description of the object. A name that the
 * pickle would import stays a name, a call a description of the call: nothing is looked up and nothing is run.
 *
 * @throws PickleError for bytes that are no pickle, and opcodes that point out of it.
 */
export function readOpcodes(bytes: Uint8Array): PickleNode {
  const machine = new Machine(new PickleReader(bytes));
  return machine.run();
}

const highestProtocol = 5;

class Machine {
  readonly #stack: PickleNode[] = [];
  /** How high the stack was at each open MARK. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleNode>();

  constructor(readonly reader: PickleReader) {}

  run(): PickleNode {
    for (;;) {
      const opcode = this.reader.readByte();
      if (opcode === 0x2e) return this.#stop();
      this.#runOpcode(opcode);
    }
  }

  // Each case is one opcode of pickletools, under its name there.
  #runOpcode(opcode: number): void {
    const { reader } = this;
    switch (opcode) {
      case 0x28: // MARK
        this.#marks.push(this.#stack.length);
        return;
      case 0x30: // POP
        if (this.#stack.length === this.#floor && this.#marks.length > 0) this.#marks.pop();
        else this.#pop();
        return;
      case 0x31: // POP_MARK
        this.#popMark();
        return;
      case 0x32: // DUP
        this.#push(this.#top());
        return;

      case 0x4e: // NONE
        this.#push(null);
        return;
      case 0x88: // NEWTRUE
        this.#push(true);
        return;
      case 0x89: // NEWFALSE
        this.#push(false);
        return;
      case 0x49: // INT
        this.#push(parseIntegerOrBoolean(decodeLatin1(reader.readLine())));
        return;
      case 0x4a: // BININT
        this.#push(reader.readInt32());
        return;
      case 0x4b: // BININT1
        this.#push(reader.readByte());
        return;
      case 0x4d: // BININT2
        this.#push(reader.readUint16());
        return;
      case 0x4c: // LONG
        this.#push(parseInteger(decodeLatin1(reader.readLine()).replace(/L$/, "")));
        return;
      case 0x8a: // LONG1
        this.#push(reader.readLong(reader.readByte()));
        return;
      case 0x8b: // LONG4
        this.#push(reader.readLong(reader.readInt32()));
        return;
      case 0x46: // FLOAT
        this.#push(new FloatNode(parseFloatLine(decodeLatin1(reader.readLine()))));
        return;
      case 0x47: // BINFLOAT
        this.#push(new FloatNode(reader.readFloat64()));
        return;

      case 0x56: // UNICODE
        this.#push(decodeRawUnicodeEscape(reader.readLine()));
        return;
      case 0x8c: // SHORT_BINUNICODE
        this.#push(decodeUtf8(reader.readBytes(reader.readByte())));
        return;
      case 0x58: // BINUNICODE
        this.#push(decodeUtf8(reader.readBytes(reader.readUint32())));
        return;
      case 0x8d: // BINUNICODE8
        this.#push(decodeUtf8(reader.readBytes(reader.readUint64())));
        return;
      case 0x43: // SHORT_BINBYTES
        this.#push(reader.readBytes(reader.readByte()));
        return;
      case 0x42: // BINBYTES
        this.#push(reader.readBytes(reader.readUint32()));
        return;
      case 0x8e: // BINBYTES8
      case 0x96: // BYTEARRAY8
        this.#push(reader.readBytes(reader.readUint64()));
        return;
      case 0x53: // STRING
      case 0x54: // BINSTRING
      case 0x55: // SHORT_BINSTRING
        throw new PickleError("it holds a string of Python 2, whose encoding is not known");

      case 0x5d: // EMPTY_LIST
        this.#push(new ListNode([]));
        return;
      case 0x6c: // LIST
        this.#push(new ListNode(this.#popMark()));
        return;
      case 0x61: // APPEND
        this.#append([this.#pop()]);
        return;
      case 0x65: // APPENDS
        this.#append(this.#popMark());
        return;
      case 0x29: // EMPTY_TUPLE
        this.#push(new TupleNode([]));
        return;
      case 0x74: // TUPLE
        this.#push(new TupleNode(this.#popMark()));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#push(new TupleNode(this.#popSeveral(opcode - 0x84)));
        return;
      case 0x7d: // EMPTY_DICT
        this.#push(new DictNode([]));
        return;
      case 0x64: // DICT
        this.#push(new DictNode(inPairs(this.#popMark())));
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#popSeveral(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(inPairs(this.#popMark()));
        return;
      case 0x8f: // EMPTY_SET
        this.#push(new SetNode());
        return;
      case 0x90: // ADDITEMS
        this.#popMark();
        if (!(this.#top() instanceof SetNode)) throw new PickleError("it adds to what is no set");
        return;
      case 0x91: // FROZENSET
        this.#popMark();
        this.#push(new SetNode());
        return;

      case 0x63: // GLOBAL
        this.#push(this.#readName());
        return;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#popSeveral(2);
        if (typeof module !== "string" || typeof name !== "string")
          throw new PickleError("it imports what is no name");
        this.#push(new NameNode(module, name));
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callable = null, args = null] = this.#popSeveral(2);
        this.#push(new CallNode(callable, itemsOfTuple(args), false));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callable = null, args = null, keywords = null] = this.#popSeveral(3);
        const hasKeywords = !(keywords instanceof DictNode) || keywords.entries.length > 0;
        this.#push(new CallNode(callable, itemsOfTuple(args), hasKeywords));
        return;
      }
      case 0x69: {
        // INST
        const name = this.#readName();
        this.#push(new CallNode(name, this.#popMark(), false));
        return;
      }
      case 0x6f: {
        // OBJ
        const [callable, ...args] = this.#popMark();
        if (callable === undefined) throw new PickleError("it makes an object of no class");
        this.#push(new CallNode(callable, args, false));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.#pop();
        const object = this.#top();
        if (!(object instanceof CallNode)) throw new PickleError("it gives a state to what has none");
        object.state = state;
        return;
      }

      case 0x70: // PUT
        this.#memo.set(parseIndex(reader.readLine()), this.#top());
        return;
      case 0x71: // BINPUT
        this.#memo.set(reader.readByte(), this.#top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(reader.readUint32(), this.#top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#top());
        return;
      case 0x67: // GET
        this.#push(this.#recall(parseIndex(reader.readLine())));
        return;
      case 0x68: // BINGET
        this.#push(this.#recall(reader.readByte()));
        return;
      case 0x6a: // LONG_BINGET
        this.#push(this.#recall(reader.readUint32()));
        return;

      case 0x80: {
        // PROTO
        const protocol = reader.readByte();
        if (protocol > highestProtocol)
          throw new PickleError(`it is of protocol ${protocol}, which is not known`);
        return;
      }
      case 0x95: // FRAME
        reader.readUint64();
        return;
      case 0x50: // PERSID
      case 0x51: // BINPERSID
        throw new PickleError("it refers to objects outside of it");
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw new PickleError("it refers to a registry of extensions");
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new PickleError("it refers to buffers outside of it");
      default:
        throw new PickleError(`it has a byte that is no opcode of a pickle (${opcode})`);
    }
  }

  #stop(): PickleNode {
    const result = this.#pop();
    if (this.#stack.length > 0 || this.#marks.length > 0)
      throw new PickleError("it ends before its object is finished");
    if (!this.reader.isAtEnd) throw new PickleError("it goes on behind its end");
    return result;
  }

  /** The height below which nothing may be taken: what stands under a MARK belongs to an object around it. */
  get #floor(): number {
    return this.#marks.at(-1) ?? 0;
  }

  #push(node: PickleNode): void {
    this.#stack.push(node);
  }

  #pop(): PickleNode {
    const node = this.#top();
    this.#stack.pop();
    return node;
  }

  #popSeveral(count: number): PickleNode[] {
    if (this.#stack.length - count < this.#floor) throw emptyStack();
    return this.#stack.splice(this.#stack.length - count);
  }

  #popMark(): PickleNode[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw new PickleError("it closes what it has not opened");
    return this.#stack.splice(mark);
  }

  #top(): PickleNode {
    const node = this.#stack.at(-1);
    if (node === undefined || this.#stack.length <= this.#floor) throw emptyStack();
    return node;
  }

  #append(items: readonly PickleNode[]): void {
    const list = this.#top();
    if (!(list instanceof ListNode) && !(list instanceof CallNode))
      throw new PickleError("it appends to what is no list");
    for (const item of items) list.items.push(item);
  }

  #setItems(entries: readonly PickleNode[]): void {
    const dict = this.#top();
    if (!(dict instanceof DictNode) && !(dict instanceof CallNode))
      throw new PickleError("it sets items in what is no dict");
    for (const entry of entries) dict.entries.push(entry);
  }

  #readName(): NameNode {
    const module = decodeUtf8(this.reader.readLine());
    return new NameNode(module, decodeUtf8(this.reader.readLine()));
  }

  #recall(index: number): PickleNode {
    const node = this.#memo.get(index);
    if (node === undefined) throw new PickleError("it refers to a part that it does not have");
    return node;
  }
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

function parseIndex(line: Uint8Array): number {
  const text = decodeLatin1(line.subarray(0, 16));
  if (!/^[0-9]{1,15}$/.test(text)) throw new PickleError("it refers to a part that it does not have");
  return Number(text);
}

function inPairs(entries: PickleNode[]): PickleNode[] {
  if (entries.length % 2 !== 0) throw new PickleError("it has a key without a value");
  return entries;
}

function itemsOfTuple(node: PickleNode): readonly PickleNode[] {
  if (!(node instanceof TupleNode)) throw new PickleError("it calls something without arguments");
  return node.items;
}

function emptyStack(): PickleError {
  return new PickleError("it takes what it has not put");
}
