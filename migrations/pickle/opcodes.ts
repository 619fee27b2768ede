import { ByteReader } from "./byte-reader.js";
import { readLiteral, readName } from "./literals.js";
import {
  CallNode,
  DictNode,
  ListNode,
  NameNode,
  PersistentNode,
  type PickleNode,
  SetNode,
  TupleNode,
} from "./nodes.js";
import { PickleError } from "./pickle-error.js";
import { PickleStack } from "./stack.js";
import { decodeLatin1 } from "./text.js";

/**
 * Runs the opcodes of a pickle, of protocol 0 to 5 (CPython 3.11, `pickletools`), and returns a description of its object. A name to
 * import stays a name, and a call becomes a description of the call: nothing is looked up or run.
 *
 * @throws PickleError for bytes that are not a pickle, and for opcodes that refer outside of it.
 */
export function readOpcodes(bytes: Uint8Array): PickleNode {
  const reader = new ByteReader(bytes);
  const result = readNextPickle(reader);
  if (!reader.isAtEnd) throw new PickleError("it has bytes after its end");
  return result;
}

/** As {@link readOpcodes}, for the next of several pickles in a row. */
export function readNextPickle(reader: ByteReader): PickleNode {
  return new Machine(reader).run();
}

const highestProtocol = 5;

/** An object takes up to a hundred bytes of memory. AEPsych's server takes no message of more bytes than a quarter of this. */
const maximumOpcodes = 2_000_000;

class Machine {
  readonly #stack = new PickleStack();
  readonly #memo = new Map<number, PickleNode>();

  constructor(readonly reader: ByteReader) {}

  run(): PickleNode {
    for (let count = 0; count < maximumOpcodes; count += 1) {
      const opcode = this.reader.readByte();
      if (opcode === 0x2e) return this.#stop();
      const literal = readLiteral(opcode, this.reader);
      if (literal === undefined) this.#runOpcode(opcode);
      else this.#stack.push(literal);
    }
    throw new PickleError(`it has more than ${maximumOpcodes} opcodes`);
  }

  // Each case is one opcode of pickletools, under its name there.
  #runOpcode(opcode: number): void {
    const { reader } = this;
    switch (opcode) {
      case 0x28: // MARK
        this.#stack.mark();
        return;
      case 0x30: // POP
        this.#stack.discard();
        return;
      case 0x31: // POP_MARK
        this.#stack.popMark();
        return;
      case 0x32: // DUP
        this.#stack.push(this.#stack.top());
        return;

      case 0x6c: // LIST
        this.#stack.push(new ListNode(this.#stack.popMark()));
        return;
      case 0x61: // APPEND
        this.#append([this.#stack.pop()]);
        return;
      case 0x65: // APPENDS
        this.#append(this.#stack.popMark());
        return;
      case 0x74: // TUPLE
        this.#stack.push(new TupleNode(this.#stack.popMark()));
        return;
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        this.#stack.push(new TupleNode(this.#stack.popSeveral(opcode - 0x84)));
        return;
      case 0x64: // DICT
        this.#stack.push(new DictNode(inPairs(this.#stack.popMark())));
        return;
      case 0x73: // SETITEM
        this.#setItems(this.#stack.popSeveral(2));
        return;
      case 0x75: // SETITEMS
        this.#setItems(inPairs(this.#stack.popMark()));
        return;
      case 0x90: // ADDITEMS
        this.#stack.popMark();
        if (!(this.#stack.top() instanceof SetNode))
          throw new PickleError("it adds items to an object that is not a set");
        return;
      case 0x91: // FROZENSET
        this.#stack.popMark();
        this.#stack.push(new SetNode());
        return;

      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = this.#stack.popSeveral(2);
        if (typeof module !== "string" || typeof name !== "string")
          throw new PickleError("it imports something that is not a name");
        this.#stack.push(new NameNode(module, name));
        return;
      }
      case 0x52: // REDUCE
      case 0x81: {
        // NEWOBJ
        const [callable = null, args = null] = this.#stack.popSeveral(2);
        this.#stack.push(new CallNode(callable, itemsOfTuple(args), false));
        return;
      }
      case 0x92: {
        // NEWOBJ_EX
        const [callable = null, args = null, keywords = null] = this.#stack.popSeveral(3);
        const hasKeywords = !(keywords instanceof DictNode) || keywords.entries.length > 0;
        this.#stack.push(new CallNode(callable, itemsOfTuple(args), hasKeywords));
        return;
      }
      case 0x69: {
        // INST
        const name = readName(reader);
        this.#stack.push(new CallNode(name, this.#stack.popMark(), false));
        return;
      }
      case 0x6f: {
        // OBJ
        const [callable, ...args] = this.#stack.popMark();
        if (callable === undefined) throw new PickleError("it makes an object without a class");
        this.#stack.push(new CallNode(callable, args, false));
        return;
      }
      case 0x62: {
        // BUILD
        const state = this.#stack.pop();
        const object = this.#stack.top();
        if (!(object instanceof CallNode))
          throw new PickleError("it sets the state of an object that has none");
        object.state = state;
        return;
      }

      case 0x70: // PUT
        this.#memo.set(parseIndex(reader.readLine()), this.#stack.top());
        return;
      case 0x71: // BINPUT
        this.#memo.set(reader.readByte(), this.#stack.top());
        return;
      case 0x72: // LONG_BINPUT
        this.#memo.set(reader.readUint32(), this.#stack.top());
        return;
      case 0x94: // MEMOIZE
        this.#memo.set(this.#memo.size, this.#stack.top());
        return;
      case 0x67: // GET
        this.#stack.push(this.#recall(parseIndex(reader.readLine())));
        return;
      case 0x68: // BINGET
        this.#stack.push(this.#recall(reader.readByte()));
        return;
      case 0x6a: // LONG_BINGET
        this.#stack.push(this.#recall(reader.readUint32()));
        return;

      case 0x80: {
        // PROTO
        const protocol = reader.readByte();
        if (protocol > highestProtocol)
          throw new PickleError(`it has protocol ${protocol}, which is not supported`);
        return;
      }
      case 0x95: // FRAME
        reader.readUint64();
        return;
      case 0x53: // STRING
      case 0x54: // BINSTRING
      case 0x55: // SHORT_BINSTRING
        throw new PickleError("it holds a string of Python 2, whose encoding is unknown");
      case 0x50: // PERSID
        throw new PickleError("it refers to objects outside of it");
      case 0x51: // BINPERSID
        this.#stack.push(new PersistentNode(this.#stack.pop()));
        return;
      case 0x82: // EXT1
      case 0x83: // EXT2
      case 0x84: // EXT4
        throw new PickleError("it refers to the extension registry");
      case 0x97: // NEXT_BUFFER
      case 0x98: // READONLY_BUFFER
        throw new PickleError("it refers to buffers outside of it");
      default:
        throw new PickleError(`it has the unknown opcode ${opcode}`);
    }
  }

  #stop(): PickleNode {
    const result = this.#stack.pop();
    if (!this.#stack.isEmpty) throw new PickleError("it ends before its object is finished");
    return result;
  }

  #append(items: readonly PickleNode[]): void {
    const list = this.#stack.top();
    if (!(list instanceof ListNode) && !(list instanceof CallNode))
      throw new PickleError("it appends to an object that is not a list");
    for (const item of items) list.items.push(item);
  }

  #setItems(entries: readonly PickleNode[]): void {
    const dict = this.#stack.top();
    if (!(dict instanceof DictNode) && !(dict instanceof CallNode))
      throw new PickleError("it sets items in an object that is not a dict");
    for (const entry of entries) dict.entries.push(entry);
  }

  #recall(index: number): PickleNode {
    const node = this.#memo.get(index);
    if (node === undefined) throw new PickleError("it refers to an object that it does not have");
    return node;
  }
}

function parseIndex(line: Uint8Array): number {
  const text = decodeLatin1(line.subarray(0, 16));
  if (!/^[0-9]{1,15}$/.test(text)) throw new PickleError("it refers to an object that it does not have");
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
