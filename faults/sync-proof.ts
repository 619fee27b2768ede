import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

/** The ids of messages as the clients of a laboratory make them. */
const idPattern = /(?:setup|resume|message)-[0-9]+[a-z]/g;
/** How a reply says that a message is in the database: in JSON, and in MessagePack. */
const storedPattern = /stored\\":true|stored\\303/;
const string = /"(?:[^"\\]|\\.)*"/g;
const begun = /^([0-9]+) +(\w+)\(([0-9]+)<([^>]*)>/;
const resumed = /^([0-9]+) +<\.\.\. \w+ resumed>/;
const returned = /= (-?[0-9]+)[^=]*$/;

/** The flags of strace that a proof needs beside those that say what to trace. */
export const proofFlags = [
  ...["-y", "-v", "-s", "5000"],
  ...["-e", "trace=write,writev,sendto,sendmsg,pwrite64,fsync,fdatasync"],
];

/** A system call that has begun. */
interface Call {
  readonly name: string;
  readonly path: string;
  readonly line: string;
  /** For a sync, what it makes safe. */
  readonly covers: ReadonlySet<string>;
}

/** What a trace shows of the order of writing, syncing and acknowledging. */
export interface ProofResult {
  /** Acknowledgements that were found to come after a sync of what they acknowledge. */
  readonly proved: number;
  /** The ids of messages that were acknowledged before they were safe. */
  readonly early: readonly string[];
}

/**
 * Reads from a trace whether every acknowledgement was written to its socket after a successful fsync or fdatasync of the
 * write-ahead log that began when the last frame of the message's transaction had been written. A kill cannot show this:
 * what a killed process has written is in the system's cache all the same.
 *
 * @param before the ids of messages that were sent before the trace began; the log may hold them already, and any later sync of it covers
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
  /** In frames of a transaction whose last frame has not come yet. */
  #written = new Set<string>();
  /** In the log, and not known to be on disk. */
  #committed = new Set<string>();
  /** On disk. */
  readonly #safe = new Set<string>();
  #isLastFrame = false;
  #syncs = 0;
  readonly #unfinished = new Map<string, Call>();

  constructor(
    readonly log: string,
    readonly before: ReadonlySet<string>,
  ) {}

  /** Takes the next line; strace writes what happens between a call's beginning and its end between two lines of it. */
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

  /** A frame is written as its header of 24 bytes and its page; the header of a transaction's last one has the size of the database. */
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

/** The first bytes of a string as strace prints it. */
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
