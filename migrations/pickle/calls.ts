import { PickleError } from "./pickle-error.js";
import { CallNode, NameNode, type PickleNode } from "./nodes.js";
import { encodeLatin1 } from "./text.js";

/** Names of Python 2 that Python 3 writes in protocols 0 to 2. */
const renamedModules: ReadonlyMap<string, string> = new Map([
  ["__builtin__", "builtins"],
  ["copy_reg", "copyreg"],
  ["ConfigParser", "configparser"],
]);

/** The plain call behind the indirect ones of protocols 0 and 1 and of copyreg. */
export function plainCall(call: CallNode): CallNode {
  if (!(call.callable instanceof NameNode)) return call;
  const name = nameOf(call.callable);
  const [type = null, base, ...rest] = call.args;
  const isPlain = base instanceof NameNode && nameOf(base) === "builtins.object" && rest[0] === null;
  let plain: CallNode;
  if (name === "copyreg._reconstructor" && isPlain) plain = new CallNode(type, [], call.hasKeywords);
  else if (name === "copyreg.__newobj__") plain = new CallNode(type, call.args.slice(1), call.hasKeywords);
  else return call;
  plain.state = call.state;
  plain.items = call.items;
  plain.entries = call.entries;
  return plain;
}

/**
 * The bytes of a node: bytes, or one of the calls by which pickles write them.
 *
 * @throws PickleError for any other node.
 */
export function bytesOf(node: PickleNode | undefined, nesting = 0): Uint8Array {
  if (node instanceof Uint8Array) return node;
  if (node instanceof CallNode && node.callable instanceof NameNode && nesting < 3) {
    const [first, encoding] = node.args;
    const name = nameOf(node.callable);
    const isBytes = name === "builtins.bytes" || name === "builtins.bytearray";
    if (isBytes && first === undefined) return new Uint8Array();
    if (isBytes && encoding === undefined) return bytesOf(first, nesting + 1);
    const isLatin1 = encoding === "latin1" || encoding === "latin-1";
    if ((isBytes || name === "_codecs.encode") && typeof first === "string" && isLatin1)
      return encodeLatin1(first);
  }
  throw new PickleError("it holds bytes in an unknown form");
}

/** The dotted name of something to import, as Python 3 has it. */
export function nameOf({ module, name }: NameNode): string {
  return `${renamedModules.get(module) ?? module}.${name}`;
}

/** A name for a sentence; "Python" for one that is long or unsafe in a terminal. */
export function describe(node: PickleNode): string {
  const name = node instanceof NameNode ? nameOf(node) : "";
  return /^[A-Za-z0-9_.]{1,100}$/.test(name) ? name : "Python";
}
