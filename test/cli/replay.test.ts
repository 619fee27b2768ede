import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { commandPath } from "../../harness/child-processes.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { execute, readRows } from "../../harness/rows.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const offsets = (count: number) => Array.from({ length: count }, (_, index) => index);

const started = new Set<ReturnType<typeof start>>();

/** The command as a process that a test reads from as it likes. */
function start(db: string, ...flags: string[]) {
  const child = spawn(process.execPath, [commandPath, "replay", "--db", db, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.add(child);
  child.once("close", () => started.delete(child));
  return child;
}

/** Ends what a test that failed left running. */
async function killStarted(): Promise<void> {
  for (const child of started) {
    child.kill("SIGKILL");
    await once(child, "close");
  }
}

interface Line {
  readonly seq: number;
  readonly timestamp: string;
  readonly type: string;
  readonly request: Record<string, unknown>;
}

const parseLines = (text: string) =>
  text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

describeOnEngines("telltale replay", (engine) => {
  let db: string;

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
  });

  afterEach(killStarted);

  const replay = (...flags: string[]) => runCommand(["replay", "--db", db, ...flags]);

  async function expectLines(flags: readonly string[], seqs: readonly number[]): Promise<void> {
    const { code, stdout, stderr } = await replay(...flags);
    expect(stderr).to.equal("");
    expect(parseLines(stdout).map(({ seq }) => seq)).to.deep.equal(seqs);
    expect(code).to.equal(0);
  }

  it("writes every message of a session in order, one line each, with the request unchanged", async () => {
    const daemon = await startDaemon({ db });
    const client = await Client.connect(daemon.url, "messagepack");
    await client.request({ type: "setup", message: {}, metadata: { room: "B12" } });
    await client.request({
      type: "tell",
      id: "t",
      message: { config: { x: NaN, y: 2n ** 60n }, outcome: -0 },
      extra_info: { raw: new Uint8Array([0, 1]) },
      version: "0.01",
    });
    const { stdout } = await replay("last");
    const [setup, tell, ...more] = parseLines(stdout);
    expect(more).to.deep.equal([]);
    expect(setup).to.have.all.keys("seq", "timestamp", "occurred_at", "type", "request");
    expect(setup).to.deep.include({
      seq: 1,
      type: "setup",
      request: { type: "setup", message: {}, metadata: { room: "B12" } },
    });
    expect(setup?.timestamp).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(tell?.request).to.deep.equal({
      type: "tell",
      id: "t",
      message: {
        config: { x: { $number: "NaN" }, y: { $integer: String(2n ** 60n) } },
        outcome: -0,
      },
      extra_info: { raw: { $bytes: "AAE=" } },
      version: "0.01",
    });
  });

  it("writes the messages that its flags select, at any speed", async () => {
    await writeTimedSession(db, offsets(12));
    await expectLines(["last", "--type", "ask"], [4, 8, 12]);
    await expectLines(["1", "--type", "ask", "--type", "setup", "--to", "8", "--speed", "1"], [1, 4, 8]);
    await expectLines(["last", "--from", "2026-03-20T09:00:00.010Z", "--speed", "0.5"], [11, 12]);
    await expectLines(["last", "--from", "9", "--to", "3", "--speed", "max"], []);
  });

  it("follows a live session until Ctrl-C", async () => {
    const session = await writeTimedSession(db, offsets(2));
    const daemon = await startDaemon({ db });
    const child = start(db, session, "--follow");
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const next = async () => (JSON.parse((await lines.next()).value as string) as Line).seq;
    expect([await next(), await next()]).to.deep.equal([1, 2]);
    const client = await Client.connect(daemon.url);
    for (const seq of [3, 4, 5]) {
      await client.request({ type: "tell", session, message: { outcome: seq } });
      expect(await next()).to.equal(seq);
    }
    child.kill("SIGINT");
    expect(await once(child, "close")).to.deep.equal([0, null]);
  });

  it("copies a session to another telltale, and reports it", async () => {
    const session = await writeTimedSession(db, offsets(300));
    const copy = await startDaemon({ db: await engine.makeReadyLocation() });
    expect(await replay(session, "--to-url", copy.url)).to.deep.equal({
      code: 0,
      stdout: `${session}: 300 stored, 0 already there, 0 refused.\n`,
      stderr: "",
    });
    expect(await replay(session, "--to-url", copy.url)).to.deep.equal({
      code: 0,
      stdout: `${session}: 0 stored, 300 already there, 0 refused.\n`,
      stderr: "",
    });
    const [counted] = await readRows(copy.options.db, "select count(*) as n from replay_data");
    expect(counted).to.deep.equal({ n: 300 });
  });
});

describe("telltale replay", () => {
  let folder: string;
  let db: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = `${folder}/test.db`;
  });

  afterEach(killStarted);

  const replay = (...flags: string[]) => runCommand(["replay", "--db", db, ...flags], { cwd: folder });

  it("does not change the file", async () => {
    await writeTimedSession(db, offsets(50));
    const before = await readFile(db);
    const { code } = await replay("last");
    expect(code).to.equal(0);
    expect(await readFile(db)).to.deep.equal(before);
  });

  it("writes nothing for a session without messages", async () => {
    allowDifference("it takes a session's messages away");
    await writeTimedSession(db, [0]);
    await execute(db, "delete from config_data; delete from replay_data; update master set last_seq = 0");
    expect(await replay("last")).to.deep.equal({ code: 0, stdout: "", stderr: "" });
  });

  for (const [flags, words] of [
    [["nobody"], "no session nobody"],
    [["last", "--speed", "0"], "above 0"],
    [["last", "--from", "-1"], "whole number from 1"],
    [["last", "--follow", "--to", "3"], "--follow"],
    [["last", "--to-url", "http://127.0.0.1:1"], "ws://"],
    [["last", "--to-url", "ws://127.0.0.1:1"], "cannot be reached"],
    [["last", "--db", "none.db"], "does not exist"],
    [[], "session"],
  ] as const) {
    it(`refuses \`${flags.join(" ")}\` in a sentence, and exits with 1`, async () => {
      await writeTimedSession(db, [0]);
      const { code, stdout, stderr } = await replay(...flags);
      expect(stderr)
        .to.include(words)
        .and.not.to.match(/^\s+at /m);
      expect(stdout.replace(/^\S+: 0 stored, 0 already there, 0 refused\.\n$/, "")).to.equal("");
      expect(code).to.equal(1);
    });
  }

  it("lists the messages that another server refuses, and exits with 1", async () => {
    allowDifference("it spoils messages");
    const session = await writeTimedSession(db, offsets(20));
    await execute(db, "update replay_data set message_contents = x'80' where seq > 3");
    const copy = await startDaemon();
    const { code, stdout, stderr } = await replay("last", "--to-url", copy.url);
    expect(stdout).to.equal(`${session}: 3 stored, 0 already there, 17 refused.\n`);
    expect(stderr).to.match(/^Message 4 was refused: .*\n(Message .*\n){9}… and 7 more\.\n$/);
    expect(code).to.equal(1);
  });

  /** A replay of messages that take more than a pipe holds. */
  async function startLarge(): Promise<ReturnType<typeof start>> {
    const session = await writeTimedSession(db, offsets(2));
    const daemon = await startDaemon({ db });
    const client = await Client.connect(daemon.url);
    for (let count = 0; count < 500; count += 1)
      client.send({ type: "note", session, message: "x".repeat(10_000) });
    for (let count = 0; count < 500; count += 1) expect(await client.reply()).to.include({ ok: true });
    return start(db, session);
  }

  it("waits for a slow reader", async () => {
    const child = await startLarge();
    await once(child.stdout, "readable");
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
    expect(await once(child, "close")).to.deep.equal([0, null]);
    expect(parseLines(text).map(({ seq }) => seq)).to.deep.equal(offsets(502).map((index) => index + 1));
  });

  it("ends quietly when its reader closes the pipe", async () => {
    const child = await startLarge();
    let stderr = "";
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    await once(child.stdout, "readable");
    child.stdout.destroy();
    expect(await once(child, "close")).to.deep.equal([0, null]);
    expect(stderr).to.equal("");
  });
});
