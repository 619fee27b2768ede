import { expect } from "chai";
import { type Coding, parseJson } from "../../../src/protocol/index.js";
import { execute, lockWriters, readRows, refuseRows } from "../../../harness/rows.js";
import type { AnyReply } from "../../../harness/client.js";
import { type Circumstance, type Example, codeOf, examples } from "./examples.js";
import { Uuids } from "./uuids.js";

/** A client that the examples are played by. */
export interface ExampleClient {
  /** Sends a text as a JSON frame, or its value as a MessagePack frame; returns the reply. */
  request(text: string, coding: Coding): Promise<AnyReply>;
  /** Resolves with the close code. */
  closed(): Promise<number | undefined>;
}

/** A way in that the examples are played through. */
export interface ExampleDoor {
  /** The location of the database behind it. */
  readonly location: string;
  connect(coding: Coding): Promise<ExampleClient>;
}

/** The session that the page's example of `deleted` names. */
const deletedSession = "11111111-0000-4000-8000-000000000000";

/** Plays all examples one after the other, as the client of the page does. */
export async function playAll(door: ExampleDoor, coding: Coding): Promise<void> {
  const player = new Player(door, coding);
  for (const example of examples) await player.play(example);
}

class Player {
  readonly #uuids = new Uuids();
  #client: ExampleClient | undefined;

  constructor(
    readonly door: ExampleDoor,
    readonly coding: Coding,
  ) {}

  async play(example: Example): Promise<void> {
    const { line, circumstances, request, reply, extraInfo } = example;
    if (circumstances.has("new connection")) this.#client = await this.door.connect(this.coding);
    // MessagePack cannot say what is not valid JSON, and the client encodes only what it can read.
    if (this.coding === "messagepack" && ["malformed", "too_costly"].includes(codeOf(example) ?? "")) return;
    if (this.#client === undefined) throw new Error("The first example is not on a new connection.");
    const undo = await this.#arrange(circumstances);
    const text = this.#uuids.send(request);
    const sent = circumstances.has("the list has two million zeros")
      ? text.replace("[0]", `[${"0,".repeat(1_999_999)}0]`)
      : text;
    const actual = await this.#client.request(sent, this.coding).finally(undo);
    expectReply(actual, JSON.parse(reply) as AnyReply, this.#uuids, line);
    if (codeOf(example) === "unavailable") expect(await this.#client.closed()).to.equal(1013);
    if (extraInfo === undefined) return;
    const [row] = await readRows(
      this.door.location,
      "select extra_info from replay_data where unique_id = ?",
      [actual["replay_id"]],
    );
    expect(parseJson(row?.["extra_info"] as string)).to.deep.equal(parseJson(extraInfo));
  }

  /** Brings about what an error needs; returns a function that undoes it. */
  async #arrange(circumstances: ReadonlySet<Circumstance>): Promise<() => Promise<void>> {
    const { location } = this.door;
    if (circumstances.has("the database is locked")) return lockWriters(location);
    if (circumstances.has("the session was deleted")) {
      const record = `'${deletedSession}', '2026-01-01T00:00:00.000Z', 'anna@lab', 1`;
      await execute(
        location,
        `insert into deleted_session (session_id, timestamp, deleted_by, row_count) values (${record})`,
      );
    }
    if (circumstances.has("the database refuses the next message")) {
      return refuseRows(location, "replay_data", "true");
    }
    return () => Promise.resolve();
  }
}

function expectReply(actual: AnyReply, documented: AnyReply, uuids: Uuids, line: number): void {
  const where = `the reply to the request in line ${line} of PROTOCOL.md`;
  expect(Object.keys(actual), where).to.have.members(Object.keys(documented));
  for (const [member, value] of Object.entries(documented)) {
    const name = `${member} of ${where}`;
    if (member === "received_at" || member === "answered_at") {
      expect(actual[member], name).to.be.closeTo(Date.now(), 60_000);
      expect(value, name).to.be.a("number").greaterThan(1e12);
    } else if (member.endsWith("digest")) {
      expect(actual[member], name).to.match(/^[0-9a-f]{64}$/);
      expect(value, name).to.match(/^[0-9a-f]{64}$/);
    } else if (member === "replay_id") {
      expect(actual.replay_id, name).to.be.greaterThan(0);
      expect(value, name).to.be.a("number").greaterThan(0);
    } else if (typeof value === "string") {
      expect(actual[member], name).to.equal(uuids.expect(value, actual[member]));
    } else expect(actual[member], name).to.deep.equal(value);
  }
}
