import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** Matches the message ids of a laboratory's clients. */
const idPattern = /(?:setup|resume|message)-[0-9]+[a-z]/g;
/** Matches an acknowledgement, in JSON and in MessagePack. */
const storedPattern = /stored\\":true|stored\\303/;
const string = /"(?:[^"\\]|\\.)*"/g;
const begun = /^([0-9]+) +(\w+)\(([0-9]+)<([^>]*)>/;
const resumed = /^([0-9]+) +<\.\.\. \w+ resumed>/;
const returned = /= (-?[0-9]+)[^=]*$/;

/** Flags of strace that a proof needs in addition to the selection of system calls. */
export const proofFlags = [
  ...["-y", "-v", "-s", "5000"],
  ...["-e", "trace=write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync"],
];

/** An unfinished system call. */
interface Call {
  readonly name: string;
  readonly path: string;
  readonly line: string;
  /** For a sync: the message ids that it makes durable. */
  readonly covers: ReadonlySet<string>;
}

/** The order of writing, syncing and acknowledging found in a trace. */
export interface ProofResult {
  /** The number of acknowledgements after a sync that covers their message. */
  readonly proved: number;
  /** The ids of messages acknowledged before they were durable. */
  readonly early: readonly string[];
}

/**
 * Checks in a trace that every acknowledgement was written to its socket after a successful fsync or fdatasync of the
 * write-ahead log that began after the last frame of the message's transaction was written. A kill cannot show this:
 * the writes of a killed process remain in the operating system's cache.
 *
 * @param before the ids of messages sent before the trace began; the log may already contain them, and any later sync of the log covers
 *   them.
 */
export async function proveSyncs(
  trace: string,
  log: string,
  before: ReadonlySet<string>,
): Promise<ProofResult> {
  const proof = new Proof(log, before);
  for await (const line of createInterface({ input: createReadStream(trace, "latin1"), crlfDelay: Infinity }))
    proof.take(line);
  return { proved: proof.proved, early: proof.early };
}

class Proof {
  proved = 0;
  readonly early: string[] = [];
  /** Ids in frames of a transaction without its last frame so far. */
  #written = new Set<string>();
  /** Ids in the log, but not known to be on disk. */
  #committed = new Set<string>();
  /** Ids on disk. */
  readonly #safe = new Set<string>();
  #isLastFrame = false;
  #syncs = 0;
  readonly #unfinished = new Map<string, Call>();

  constructor(
    readonly log: string,
    readonly before: ReadonlySet<string>,
  ) {}

  /** Processes the next line; strace splits an interrupted call into an unfinished and a resumed line. */
  take(line: string): void {
    const beginning = begun.exec(line);
    if (beginning !== null) {
      const [, pid = "", name = "", , path = ""] = beginning;
      const call = { name, path, line, covers: new Set(this.#committed) };
      if (path.startsWith("socket:") || path.startsWith("TCP")) this.#checkReplies(line);
      if (line.endsWith("<unfinished ...>")) this.#unfinished.set(pid, call);
      else this.#end(call, line);
      return;
    }
    const [, pid = ""] = resumed.exec(line) ?? [];
    const call = this.#unfinished.get(pid);
    if (call === undefined) return;
    this.#unfinished.delete(pid);
    this.#end(call, line);
  }

  #end({ name, path, line, covers }: Call, ending: string): void {
    if (path !== this.log || Number(returned.exec(ending)?.[1] ?? -1) < 0) return;
    if (name === "pwrite64") this.#noteWrite(line);
    else if (name === "fsync" || name === "fdatasync") {
      this.#syncs += 1;
      for (const id of covers) {
        this.#safe.add(id);
        this.#committed.delete(id);
      }
    }
  }

  /** A frame is a header of 24 bytes and a page; the header of a transaction's last frame contains the size of the database. */
  #noteWrite(line: string): void {
    const [contents = ""] = line.match(string) ?? [];
    if (/, 24, [0-9]+/.test(line.slice(line.indexOf(contents) + contents.length))) {
      this.#isLastFrame = readBytes(contents.slice(1, -1), 8)
        .slice(4)
        .some((byte) => byte !== 0);
      return;
    }
    for (const [id] of contents.matchAll(idPattern)) if (!this.#safe.has(id)) this.#written.add(id);
    if (!this.#isLastFrame) return;
    for (const id of this.#written) this.#committed.add(id);
    this.#written = new Set();
    this.#isLastFrame = false;
  }

  #checkReplies(line: string): void {
    for (const [contents] of line.matchAll(string)) {
      if (!storedPattern.test(contents)) continue;
      for (const [id] of contents.matchAll(idPattern)) {
        const isSafe = this.#safe.has(id) || (this.before.has(id) && this.#syncs > 0);
        if (isSafe) this.proved += 1;
        else this.early.push(id);
      }
    }
  }
}

/** Decodes the leading bytes of a string printed by strace. */
function readBytes(text: string, count: number): number[] {
  const named: Record<string, number> = { n: 10, t: 9, r: 13, f: 12, v: 11 };
  const bytes: number[] = [];
  for (const [token] of text.matchAll(/\\[0-7]{1,3}|\\.|[^\\]/g)) {
    if (bytes.length === count) break;
    const digits = /^\\([0-7]+)$/.exec(token)?.[1];
    if (digits !== undefined) bytes.push(Number.parseInt(digits, 8));
    else
      bytes.push(token.length === 1 ? token.charCodeAt(0) : (named[token[1] ?? ""] ?? token.charCodeAt(1)));
  }
  return bytes;
}
