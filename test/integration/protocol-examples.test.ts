import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import type { TSchema } from "@sinclair/typebox";
import { Value as Schema } from "@sinclair/typebox/value";
import type { Daemon } from "../../src/index.js";
import {
  type Coding,
  ErrorReply,
  type Value,
  errorCodes,
  isMap,
  messageTypes,
  parseJson,
} from "../../src/protocol/index.js";
import * as replies from "../../src/protocol/reply.js";
import * as requests from "../../src/protocol/request.js";
import { type AnyReply, Client } from "../support/client/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines, type TestedEngine } from "../../harness/engines.js";
import { lockWriters, readRows, refuseRows } from "../../harness/rows.js";

const path = fileURLToPath(new URL("../../../docs/PROTOCOL.md", import.meta.url));
const page = readFileSync(path, "utf8").replaceAll("\r\n", "\n");

/** What a comment before a request asks for. */
const circumstances = [
  "new connection",
  "the database is locked",
  "the database refuses the next message",
] as const;
type Circumstance = (typeof circumstances)[number];

interface Example {
  /** Where its request stands on the page. */
  readonly line: number;
  readonly circumstances: ReadonlySet<Circumstance>;
  /** JSON, except for the one that is malformed. */
  readonly request: string;
  readonly reply: string;
  /** JSON that the column extra_info then holds, where the page shows it. */
  readonly extraInfo: string | undefined;
}

function readExamples(): Example[] {
  const blocks = page.matchAll(/^<!-- (?!prettier-ignore)(.+) -->$|^```json (request|reply|extra_info)\n([^]*?)^```$/gm);
  const examples: Example[] = [];
  let waiting = new Set<Circumstance>();
  let request: { readonly text: string; readonly line: number } | undefined;
  for (const { index, 1: comment, 2: kind, 3: text = "" } of blocks) {
    const line = page.slice(0, index).split("\n").length;
    const last = examples.at(-1);
    const circumstance = circumstances.find((known) => known === comment);
    if (circumstance !== undefined) waiting.add(circumstance);
    else if (kind === "request" && request === undefined) request = { text, line };
    else if (kind === "reply" && request !== undefined) {
      examples.push({
        line: request.line,
        circumstances: waiting,
        request: request.text,
        reply: text,
        extraInfo: undefined,
      });
      waiting = new Set();
      request = undefined;
    } else if (kind === "extra_info" && last !== undefined) {
      examples[examples.length - 1] = { ...last, extraInfo: text };
    } else throw new Error(`PROTOCOL.md, line ${line}: this comment or block has no place here.`);
  }
  return examples;
}

const examples = readExamples();

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;

/** The UUIDs of the page, and those that stand for them now: the daemon makes new ones with every run. */
class Uuids {
  readonly #now = new Map<string, string>();

  /** A request's text as it is sent now; a UUID that no reply has named is the client's own, and stays. */
  send(text: string): string {
    return text.replace(uuid, (documented) => {
      if (!this.#now.has(documented)) this.#learn(documented, documented);
      return this.#now.get(documented) ?? "";
    });
  }

  /** What a reply's text on the page means now. */
  expect(documented: string, actual: unknown): string {
    const isNew = documented.replace(uuid, "") === "" && !this.#now.has(documented);
    if (isNew && typeof actual === "string" && actual.replace(uuid, "") === "") {
      this.#learn(documented, actual);
    }
    return documented.replace(uuid, (known) => this.#now.get(known) ?? known);
  }

  #learn(documented: string, actual: string): void {
    expect([...this.#now.values()], "UUIDs that stand for another one").not.to.include(actual);
    this.#now.set(documented, actual);
  }
}

/** Plays the examples one after the other, as the client of the page does. */
class Player {
  readonly #uuids = new Uuids();
  #client: Client | undefined;

  constructor(
    readonly daemon: Daemon,
    readonly path: string,
    readonly coding: Coding,
  ) {}

  async play(example: Example): Promise<void> {
    const { line, circumstances, request, reply, extraInfo } = example;
    if (circumstances.has("new connection"))
      this.#client = await Client.connect(this.daemon.url, this.coding);
    // What is no JSON cannot be said in MessagePack.
    if (this.coding === "messagepack" && codeOf(example) === "malformed") return;
    const undo = await this.#arrange(circumstances);
    const actual = await this.#ask(this.#uuids.send(request)).finally(undo);
    expectReply(actual, JSON.parse(reply) as AnyReply, this.#uuids, line);
    if (codeOf(example) === "unavailable") expect(await this.#client?.closed()).to.equal(1013);
    if (extraInfo === undefined) return;
    const [row] = await readRows(this.path, "select extra_info from replay_data where unique_id = ?", [
      actual["replay_id"],
    ]);
    expect(parseJson(row?.["extra_info"] as string)).to.deep.equal(parseJson(extraInfo));
  }

  async #ask(text: string): Promise<AnyReply> {
    if (this.#client === undefined) throw new Error("The first example is not on a new connection.");
    if (this.coding === "messagepack") return this.#client.ask(parseJson(text));
    this.#client.sendFrame(text);
    return this.#client.reply();
  }

  /** Brings about what an error needs; the function that it gives takes that back. */
  async #arrange(circumstances: ReadonlySet<Circumstance>): Promise<() => Promise<void>> {
    if (circumstances.has("the database is locked")) return lockWriters(this.path);
    if (circumstances.has("the database refuses the next message")) {
      return refuseRows(this.path, "replay_data", "true");
    }
    return () => Promise.resolve();
  }
}

function expectReply(actual: AnyReply, documented: AnyReply, uuids: Uuids, line: number): void {
  const where = `the reply to the request in line ${line} of PROTOCOL.md`;
  expect(Object.keys(actual), where).to.have.members(Object.keys(documented));
  for (const [member, value] of Object.entries(documented)) {
    const name = `${member} of ${where}`;
    if (member === "received_at") {
      expect(actual.received_at, name).to.be.closeTo(Date.now(), 60_000);
      expect(value, name).to.be.a("number").greaterThan(1e12);
    } else if (member === "replay_id") {
      expect(actual.replay_id, name).to.be.greaterThan(0);
      expect(value, name).to.be.a("number").greaterThan(0);
    } else if (typeof value === "string") {
      expect(actual[member], name).to.equal(uuids.expect(value, actual[member]));
    } else expect(actual[member], name).to.deep.equal(value);
  }
}

async function playAll(engine: TestedEngine, coding: Coding): Promise<void> {
  const daemon = await startDaemon({ db: await engine.makeReadyLocation(), busyTimeoutMs: 50 });
  const player = new Player(daemon, daemon.options.db, coding);
  for (const example of examples) await player.play(example);
}

const schemas: Readonly<Record<string, { readonly request: TSchema; readonly reply: TSchema }>> = {
  setup: { request: requests.SetupRequest, reply: replies.SetupReply },
  ask: { request: requests.AskRequest, reply: replies.AskReply },
  tell: { request: requests.TellRequest, reply: replies.TellReply },
  strat: { request: requests.StratRequest, reply: replies.StratReply },
  resume: { request: requests.ResumeRequest, reply: replies.ResumeReply },
  exit: { request: requests.ExitRequest, reply: replies.ExitReply },
};

const codeOf = ({ reply }: Example) => (JSON.parse(reply) as { code?: string }).code;
const typeOf = ({ reply }: Example) => (JSON.parse(reply) as { type: string | null }).type ?? "";

describeOnEngines("the examples of PROTOCOL.md", (engine) => {
  it("are answered by the daemon as the page says", async () => {
    await playAll(engine, "json");
  });

  it("are answered in the same way when they are sent as MessagePack", async () => {
    await playAll(engine, "messagepack");
  });
});

describe("the examples of PROTOCOL.md", () => {
  it("show every message type, one of the client's own, and every error code", () => {
    const types = new Set(examples.filter((example) => codeOf(example) === undefined).map(typeOf));
    expect([...types]).to.include.members([...messageTypes]);
    expect(types.size).to.be.greaterThan(messageTypes.length);
    expect(examples.map(codeOf)).to.include.members(errorCodes);
  });

  it("have requests of the form that the schemas describe", () => {
    for (const example of examples) {
      // What is wrong with these is their form.
      if (["malformed", "invalid"].includes(codeOf(example) ?? "")) continue;
      const schema = schemas[typeOf(example)]?.request ?? requests.Request;
      const faults = Schema.Errors(schema, toPlain(parseJson(example.request)));
      expect([...faults], `the request in line ${example.line}`).to.deep.equal([]);
    }
  });

  it("have replies of the form that the schemas describe", () => {
    for (const example of examples) {
      const isError = codeOf(example) !== undefined;
      const schema = isError ? ErrorReply : (schemas[typeOf(example)]?.reply ?? replies.OtherReply);
      const faults = Schema.Errors(schema, JSON.parse(example.reply));
      expect([...faults], `the reply to the request in line ${example.line}`).to.deep.equal([]);
    }
  });
});

/** A value with plain objects for maps, as schemas are checked. */
function toPlain(value: Value): unknown {
  if (Array.isArray(value)) return value.map(toPlain);
  return isMap(value) ? Object.fromEntries([...value].map(([key, item]) => [key, toPlain(item)])) : value;
}
