import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { tableNames } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines, isPostgres } from "../../harness/engines.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { execute, lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

/** Takes frames until the state is told again, and the state with them. */
async function takeUntilState(client: Client): Promise<Record<string, unknown>[]> {
  const frames: Record<string, unknown>[] = [];
  do frames.push(await client.reply());
  while (frames.at(-1)?.["state"] === undefined);
  return frames;
}

const open = (daemon: Daemon, query: string, coding: "json" | "messagepack" = "json") =>
  Client.connect(`${daemon.url}/replay?${query}`, coding);

const tables = tableNames.filter((name) => name !== "migrations");

describeOnEngines("a replay over WebSocket", (engine) => {
  let db: string;
  let session: string;
  let daemon: Daemon;

  async function start(offsetsMs: readonly number[]): Promise<void> {
    db = await engine.makeReadyLocation();
    session = await writeTimedSession(db, offsetsMs);
    daemon = await startDaemon({ db });
  }

  it("says where it is, gives every message in order, and says that it has ended", async () => {
    await start(numbers(0, 299));
    const client = await open(daemon, `session=${session}`);
    expect(await client.reply()).to.deep.equal({ state: "playing", session, seq: 0, speed: "max" });
    const frames = await takeUntilState(client);
    expect(frames.slice(0, -1).map(({ seq }) => seq)).to.deep.equal(numbers(1, 300));
    expect(frames[1]).to.deep.equal({
      seq: 2,
      timestamp: "2026-03-20T09:00:00.001Z",
      type: "tell",
      request: { type: "tell", message: { config: { x: 0.5 }, outcome: 1 } },
    });
    expect(frames.at(-1)).to.deep.equal({ state: "ended", session, seq: 300, speed: "max" });
  });

  it("takes what telltale replay takes: types, from, to, and names of the session", async () => {
    await start(numbers(0, 19));
    for (const [query, seqs] of [
      [`session=last&type=ask`, [4, 8, 12, 16, 20]],
      [`session=${session.slice(0, 8)}&from=3&to=5`, [3, 4, 5]],
      [`session=1&type=ask&type=setup&to=4`, [1, 4]],
      [`session=last&from=2026-03-20T09:00:00.018Z`, [19, 20]],
      [`session=last&from=7&to=3`, []],
    ] as const) {
      const client = await open(daemon, query);
      await client.reply();
      const frames = await takeUntilState(client);
      expect(
        frames.slice(0, -1).map(({ seq }) => seq),
        query,
      ).to.deep.equal(seqs);
    }
  });

  it("writes nothing", async () => {
    await start(numbers(0, 49));
    const read = async () => ({
      rows: await Promise.all(
        tables.map((table) => readRows(db, `select * from ${table} order by unique_id`)),
      ),
      files: isPostgres(db) ? [] : await Promise.all([db, `${db}-wal`].map((path) => readFile(path))),
    });
    const before = await read();
    // A replay needs no writer: here nobody could write.
    const unlock = await lockWriters(db);
    const client = await open(daemon, `session=${session}&speed=1000`);
    await takeUntilState(client);
    await takeUntilState(client);
    expect(await client.request({ type: "seek", seq: 40 })).to.include({ state: "playing" });
    await takeUntilState(client);
    await client.close();
    await unlock();
    expect(await read()).to.deep.equal(before);
  });

  it("goes on with the messages of a live session", async () => {
    await start([0, 1]);
    const follower = await open(daemon, `session=${session}&follow=true&type=tell`);
    expect(await follower.reply()).to.include({ state: "playing" });
    expect(await follower.reply()).to.include({ seq: 2 });
    const participant = await Client.connect(daemon.url);
    for (let seq = 3; seq < 40; seq += 2) {
      await participant.request({ type: "ask", session });
      await participant.request({ type: "tell", session, id: `t${seq}`, message: { outcome: seq } });
    }
    for (let seq = 4; seq < 40; seq += 2) {
      expect(await follower.reply()).to.deep.include({
        seq,
        request: { type: "tell", session, id: `t${seq - 1}`, message: { outcome: seq - 1 } },
      });
    }
  });

  it("says that the database cannot be read now, and closes with 1013", async () => {
    await start(numbers(0, 5));
    const rename = (from: string, to: string) =>
      execute(db, `alter table replay_data rename to ${to}`.replace("replay_data", from));
    await rename("replay_data", "hidden");
    const client = await open(daemon, `session=${session}`);
    expect(await client.reply()).to.have.property("code", "unavailable");
    expect(await client.closed()).to.equal(1013);
    await rename("hidden", "replay_data");
  });
});

describe("a replay over WebSocket", () => {
  let session: string;
  let daemon: Daemon;

  async function start(
    offsetsMs: readonly number[],
    options: Parameters<typeof startDaemon>[0] = {},
  ): Promise<void> {
    const db = `${await temporaryFolder()}/test.db`;
    session = await writeTimedSession(db, offsetsMs);
    daemon = await startDaemon({ db, ...options });
  }

  it("comes in MessagePack where that is asked for", async () => {
    await start([0]);
    const participant = await Client.connect(daemon.url, "messagepack");
    await participant.request({ type: "strat", session, id: "s", message: new Uint8Array([0, 1, 255]) });
    const client = await open(daemon, `session=${session}&coding=messagepack`, "messagepack");
    let isBinary = true;
    client.socket.on("message", (_frame, binary) => (isBinary &&= binary));
    expect(await client.request({ type: "speed", speed: "max" })).to.deep.equal({
      state: "playing",
      session,
      seq: 0,
      speed: "max",
    });
    const frames = await takeUntilState(client);
    frames.push(...(await takeUntilState(client)));
    const strat = frames.find(({ seq, state }) => seq === 2 && state === undefined);
    expect((strat?.["request"] as { message: Uint8Array }).message).to.deep.equal(Buffer.from([0, 1, 255]));
    expect(isBinary).to.equal(true);
  });

  it("obeys pause, resume, seek and speed, and answers each", async () => {
    // A day between two messages: only what a control message makes due comes.
    await start(numbers(0, 9).map((n) => n * 24 * 3_600_000));
    const client = await open(daemon, `session=${session}&speed=1`);
    const state = { session, seq: 1, speed: 1 };
    expect(await client.reply()).to.deep.equal({ ...state, seq: 0, state: "playing" });
    expect(await client.reply()).to.include({ seq: 1, type: "setup" });
    expect(await client.request({ type: "pause" })).to.deep.equal({ ...state, state: "paused" });
    expect(await client.request({ type: "seek", seq: 5 })).to.deep.equal({
      ...state,
      seq: 4,
      state: "paused",
    });
    expect(await client.request({ type: "resume" })).to.deep.equal({ ...state, seq: 4, state: "playing" });
    expect(await client.reply()).to.include({ seq: 5 });
    const time = "2026-03-22T09:00:00Z";
    expect(await client.request({ type: "seek", time })).to.deep.equal({
      ...state,
      seq: 2,
      state: "playing",
    });
    expect(await client.reply()).to.include({ seq: 3 });
    expect(await client.request({ type: "speed", speed: "max" })).to.deep.equal({
      state: "playing",
      session,
      seq: 3,
      speed: "max",
    });
    const rest = await takeUntilState(client);
    expect(rest.map(({ seq }) => seq)).to.deep.equal([4, 5, 6, 7, 8, 9, 10, 10]);
    expect(rest.at(-1)).to.include({ state: "ended" });
    expect(await client.request({ type: "speed", speed: 0.5 })).to.include({ state: "ended", speed: 0.5 });
    expect(await client.request({ type: "seek", seq: 10 })).to.include({ state: "playing", seq: 9 });
    expect(await client.reply()).to.include({ seq: 10, type: "tell" });
    expect(await client.reply()).to.include({ state: "ended" });
    expect(await client.request({ type: "seek", seq: 11 })).to.include({ state: "playing" });
    expect(await client.reply()).to.include({ state: "ended", seq: 10 });
  });

  for (const [what, frame, code] of [
    ["no JSON", "{", "malformed"],
    ["no MessagePack", new Uint8Array([0xc1]), "malformed"],
    ["invalid UTF-8", Buffer.from([0xff]), "malformed"],
    ["no object", "[]", "invalid"],
    ["no type", "{}", "invalid"],
    ["a type that is none", '{"type":"tell"}', "invalid"],
    ["a seek to nothing", '{"type":"seek"}', "invalid"],
    ["a seek to both", '{"type":"seek","seq":1,"time":"2026-01-01"}', "invalid"],
    ["seq 0", '{"type":"seek","seq":0}', "invalid"],
    ["a seq of text", '{"type":"seek","seq":"3"}', "invalid"],
    ["a time that is none", '{"type":"seek","time":"noon"}', "invalid"],
    ["a time of digits", '{"type":"seek","time":"3"}', "invalid"],
    ["speed 0", '{"type":"speed","speed":0}', "invalid"],
    ["speed −1", '{"type":"speed","speed":-1}', "invalid"],
    ["speed NaN", '{"type":"speed","speed":NaN}', "invalid"],
    ["speed Infinity", '{"type":"speed","speed":Infinity}', "invalid"],
    ["a speed of text", '{"type":"speed","speed":"2"}', "invalid"],
    ["no speed", '{"type":"speed"}', "invalid"],
  ] as const) {
    it(`answers a control message that is or has ${what} with ${code}, and goes on`, async () => {
      await start([0, 3_600_000]);
      const client = await open(daemon, `session=${session}&speed=1`);
      await client.reply();
      await client.reply();
      client.sendFrame(frame, what === "no MessagePack");
      const answer = await client.reply();
      expect(answer).to.have.all.keys("code", "server_error");
      expect(answer).to.include({ code });
      expect(await client.request({ type: "pause" })).to.include({ state: "paused", seq: 1 });
    });
  }

  for (const [query, code] of [
    ["", "invalid"],
    ["session=", "invalid"],
    ["session=last&speed=0", "invalid"],
    ["session=last&speed=-1", "invalid"],
    ["session=last&speed=NaN", "invalid"],
    ["session=last&speed=1e3", "invalid"],
    ["session=last&speed=", "invalid"],
    ["session=last&from=-1", "invalid"],
    ["session=last&to=tomorrow", "invalid"],
    ["session=last&follow=yes", "invalid"],
    ["session=last&follow=true&to=3", "invalid"],
    ["session=last&coding=xml", "invalid"],
    ["session=last&session=1", "invalid"],
    ["session=last&sped=1", "invalid"],
    ["session=00000000-0000-4000-8000-000000000000", "unknown_session"],
    ["session=%00%ff", "unknown_session"],
  ] as const) {
    it(`refuses ?${query} with ${code}, and closes with 1008`, async () => {
      await start([0]);
      const client = await open(daemon, query);
      let answer = await client.reply();
      // A bound is found to be none when messages are looked for.
      if (answer["state"] !== undefined) answer = await client.reply();
      expect(answer).to.have.all.keys("code", "server_error");
      expect(answer).to.include({ code });
      expect(await client.closed()).to.equal(1008);
    });
  }

  it("refuses a name that several sessions have", async () => {
    await start([0]);
    await execute(daemon.options.db, "update master set session_id = 'aaaa' || substr(session_id, 5)");
    const other = await writeTimedSession(daemon.options.db, [0]);
    await execute(
      daemon.options.db,
      `update master set session_id = 'aaaa' || substr(session_id, 5) where session_id = '${other}'`,
    );
    const client = await open(daemon, "session=aaaa");
    expect(await client.reply()).to.include({ code: "ambiguous_session" });
    expect(await client.closed()).to.equal(1008);
  });

  it("closes a client that sends too large a control message, or too many at once", async () => {
    await start([0]);
    const large = await open(daemon, `session=${session}`);
    large.sendFrame("x".repeat(70_000));
    expect(await large.closed()).to.equal(1009);
    const many = await open(daemon, `session=${session}`);
    for (let count = 0; count < 5000; count += 1) many.send({ type: "pause" });
    expect(await many.closed()).to.equal(1008);
  });

  it("is closed with 1001 when telltale stops, whatever it does", async () => {
    await start(numbers(0, 9).map((n) => n * 3_600_000));
    const clients = await Promise.all([
      open(daemon, `session=${session}&speed=1`),
      open(daemon, `session=${session}`),
      open(daemon, `session=${session}&follow=true`),
      open(daemon, `session=${session}&speed=1`),
    ]);
    for (const client of clients) await client.reply();
    await clients[3].request({ type: "pause" });
    expect(await daemon.stop()).to.equal(true);
    for (const client of clients) expect(await client.closed()).to.equal(1001);
  });

  /** Stores 400 messages of 100 kB: more than the system keeps for a reader. */
  async function storeMuch(): Promise<void> {
    const participant = await Client.connect(daemon.url);
    const text = "x".repeat(100_000);
    const count = 400;
    for (let n = 0; n < count; n += 1) participant.send({ type: "note", session, message: text });
    for (let n = 0; n < count; n += 1) expect(await participant.reply()).to.include({ ok: true });
    await participant.close();
  }

  /** Counts how often the archive is read from now on. */
  function countReads(): () => number {
    const { archive } = daemon;
    const read = archive.readScope.bind(archive);
    let count = 0;
    archive.readScope = (work) => {
      count += 1;
      return read(work);
    };
    return () => count;
  }

  /** Tells until no replay has read anything for a while; gives how often there was a read. */
  async function tellUntilQuiet(reads: () => number): Promise<number> {
    const participant = await Client.connect(daemon.url);
    let [quietTells, seen] = [0, reads()];
    while (quietTells < 100) {
      expect(await participant.request({ type: "tell", session, message: { outcome: 1 } })).to.include({
        ok: true,
      });
      quietTells = reads() === seen ? quietTells + 1 : 0;
      seen = reads();
    }
    await participant.close();
    return seen;
  }

  it("waits for a slow reader, which holds up nobody else", async () => {
    await start([0]);
    await storeMuch();
    const reads = countReads();
    const client = await open(daemon, `session=${session}&to=401`);
    client.socket.pause();
    const before = await tellUntilQuiet(reads);
    client.socket.resume();
    const seqs: unknown[] = [];
    for (const { seq, state } of [...(await takeUntilState(client)), ...(await takeUntilState(client))])
      if (state === undefined) seqs.push(seq);
    expect(seqs).to.deep.equal(numbers(1, 401));
    expect(reads()).to.be.above(before + 20);
  });

  it("ends when a reader goes away, also one for which it waits", async () => {
    const { logger, lines } = collectLog();
    await start([0], { logger });
    await storeMuch();
    const reads = countReads();
    const client = await open(daemon, `session=${session}&follow=true`);
    client.socket.pause();
    const before = await tellUntilQuiet(reads);
    client.socket.terminate();
    await until(() => lines.some(({ msg }) => msg === "replay closed"));
    expect(await tellUntilQuiet(reads)).to.be.at.most(before + 1);
  });
});
