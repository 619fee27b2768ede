import { expect } from "chai";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { numbers, openReplay, takeUntilState } from "./replay-client.js";

describe("the controls of a replay", () => {
  let session: string;
  let daemon: Daemon;

  async function start(offsetsMs: readonly number[]): Promise<void> {
    const db = `${await temporaryFolder()}/test.db`;
    session = await writeTimedSession(db, offsetsMs);
    daemon = await startDaemon({ db });
  }

  it("sends MessagePack if asked to", async () => {
    await start([0]);
    const participant = await Client.connect(daemon.url, "messagepack");
    await participant.request({ type: "strat", session, id: "s", message: new Uint8Array([0, 1, 255]) });
    const client = await openReplay(daemon, `session=${session}&coding=messagepack`, "messagepack");
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

  it("carries out pause, resume, seek and speed, and answers each", async () => {
    // A day between two messages: only control messages make one due.
    await start(numbers(0, 9).map((n) => n * 24 * 3_600_000));
    const client = await openReplay(daemon, `session=${session}&speed=1`);
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
    ["invalid JSON", "{", "malformed"],
    ["invalid MessagePack", new Uint8Array([0xc1]), "malformed"],
    ["invalid UTF-8", Buffer.from([0xff]), "malformed"],
    ["an array", "[]", "invalid"],
    ["no type", "{}", "invalid"],
    ["an unknown type", '{"type":"tell"}', "invalid"],
    ["a seek to nothing", '{"type":"seek"}', "invalid"],
    ["a seek to both", '{"type":"seek","seq":1,"time":"2026-01-01"}', "invalid"],
    ["seq 0", '{"type":"seek","seq":0}', "invalid"],
    ["a seq of text", '{"type":"seek","seq":"3"}', "invalid"],
    ["an invalid time", '{"type":"seek","time":"noon"}', "invalid"],
    ["a time of digits", '{"type":"seek","time":"3"}', "invalid"],
    ["speed 0", '{"type":"speed","speed":0}', "invalid"],
    ["speed −1", '{"type":"speed","speed":-1}', "invalid"],
    ["speed NaN", '{"type":"speed","speed":NaN}', "invalid"],
    ["speed Infinity", '{"type":"speed","speed":Infinity}', "invalid"],
    ["a speed of text", '{"type":"speed","speed":"2"}', "invalid"],
    ["no speed", '{"type":"speed"}', "invalid"],
  ] as const) {
    it(`answers ${code} to a control message with ${what}, and continues`, async () => {
      await start([0, 3_600_000]);
      const client = await openReplay(daemon, `session=${session}&speed=1`);
      await client.reply();
      await client.reply();
      client.sendFrame(frame, what === "invalid MessagePack");
      const answer = await client.reply();
      expect(answer).to.have.all.keys("code", "server_error");
      expect(answer).to.include({ code });
      expect(await client.request({ type: "pause" })).to.include({ state: "paused", seq: 1 });
    });
  }

  it("closes a client that sends a control message that is too large, or too many at once", async () => {
    await start([0]);
    const large = await openReplay(daemon, `session=${session}`);
    large.sendFrame("x".repeat(70_000));
    expect(await large.closed()).to.equal(1009);
    const many = await openReplay(daemon, `session=${session}`);
    for (let count = 0; count < 5000; count += 1) many.send({ type: "pause" });
    expect(await many.closed()).to.equal(1008);
  });
});
