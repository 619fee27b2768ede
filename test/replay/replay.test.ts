import { setImmediate } from "node:timers/promises";
import { expect } from "chai";
import { ReadOnlyStore, Store } from "../../src/database/index.js";
import { type FramedMessage, findSession } from "../../src/queries/index.js";
import type { Clock } from "../../src/replay/clock.js";
import { Replay, type ReplayOptions } from "../../src/replay/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { beginMs, writeTimedSession } from "../support/database/write-timed-session.js";
import { rejection } from "../support/checks/rejection.js";
import { execute } from "../../harness/rows.js";
import { tellWrite } from "../support/database/writes.js";

/** A clock on which whatever is waited for has come at once. */
class SimulatedClock implements Clock {
  #nowMs = 1000;

  now(): number {
    return this.#nowMs;
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.#nowMs += ms;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (ms !== Infinity) {
      this.pass(ms);
      await setImmediate();
    } else if (!signal.aborted) {
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
    }
  }
}

describeOnEngines("Replay", (engine) => {
  let db: string;
  let database: ReadOnlyStore;
  let clock: SimulatedClock;
  let session: string;
  const never = new AbortController().signal;

  async function record(offsetsMs: readonly number[]): Promise<void> {
    session = await writeTimedSession(db, offsetsMs);
    database = await ReadOnlyStore.open(db);
  }

  async function open(options: ReplayOptions = {}): Promise<Replay> {
    const { unique_id: masterId } = await findSession(database, session);
    return new Replay(database, masterId, { clock, ...options });
  }

  /** What a replay gives, as [seq, ms after the first one]. */
  async function play(
    replay: Replay,
    onGiven?: (message: FramedMessage) => void,
  ): Promise<[number, number][]> {
    const given: [number, number][] = [];
    const start = clock.now();
    await replay.play((message) => {
      given.push([message.seq, clock.now() - start]);
      onGiven?.(message);
      return undefined;
    }, never);
    return given;
  }

  const seqsOf = (given: readonly [number, number][]) => given.map(([seq]) => seq);
  const numbers = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
    clock = new SimulatedClock();
  });

  afterEach(async () => {
    await database.close();
  });

  it("delivers every message in order, at once, without a speed", async () => {
    await record(numbers(0, 449).map((n) => n * 1000));
    const given = await play(await open());
    expect(given).to.deep.equal(numbers(1, 450).map((seq) => [seq, 0]));
  });

  it("delivers messages at the session's own pace, or several times as fast", async () => {
    await record([0, 250, 250, 1000, 400, 900]);
    expect(await play(await open({ speed: 1 }))).to.deep.equal([
      [1, 0],
      [2, 250],
      [3, 250],
      [4, 1000],
      [5, 1000],
      [6, 1500],
    ]);
    expect((await play(await open({ speed: 10 }))).map(([, ms]) => ms)).to.deep.equal([
      0, 25, 25, 100, 100, 150,
    ]);
  });

  it("reads AEPsych's timestamps without a zone, regardless of summer time", async () => {
    allowDifference("it changes when messages came");
    await record([0, 1000, 2000]);
    // The night in which the clocks of Berlin go from 2 to 3.
    for (const [seq, time] of [
      [1, "2026-03-29 01:59:59.500000"],
      [2, "2026-03-29 02:30:00.000000"],
      [3, "2026-03-29 03:00:00.250000"],
    ] as const) {
      await execute(db, `update replay_data set timestamp = '${time}' where seq = ${seq}`);
    }
    expect((await play(await open({ speed: 1 }))).map(([, ms]) => ms)).to.deep.equal([
      0, 1_800_500, 3_600_750,
    ]);
  });

  it("delivers messages without a time together with the previous one", async () => {
    allowDifference("it takes away when a message came");
    await record([0, 1000, 2000]);
    await execute(db, "update replay_data set timestamp = null where seq = 2");
    expect((await play(await open({ speed: 1 }))).map(([, ms]) => ms)).to.deep.equal([0, 0, 2000]);
  });

  it("delivers only messages that the filter selects, with the time between these", async () => {
    await record(numbers(0, 9).map((n) => n * 1000));
    const asks = await play(await open({ speed: 1, filter: { types: ["ask"] } }));
    expect(asks).to.deep.equal([
      [4, 0],
      [8, 4000],
    ]);
    expect(seqsOf(await play(await open({ filter: { from: "3", to: "5" } })))).to.deep.equal([3, 4, 5]);
    const [from, to] = [7000, 8000].map((ms) => new Date(beginMs + ms).toISOString());
    expect(seqsOf(await play(await open({ filter: { from: from!, to: to! } })))).to.deep.equal([8, 9]);
    expect(await play(await open({ filter: { from: "11" } }))).to.deep.equal([]);
    expect(await play(await open({ filter: { types: ["strat"] } }))).to.deep.equal([]);
  });

  it("refuses an invalid bound", async () => {
    await record([0]);
    for (const from of ["-1", "yesterday", "2026-13-01", "1.5"]) {
      const replay = await open({ filter: { from } });
      expect(await rejection(play(replay)), from).to.include({ code: "bad_argument" });
    }
  });

  it("delivers nothing from a session without messages, and ends", async () => {
    allowDifference("it takes a session's messages away");
    await record([0]);
    await execute(db, "delete from config_data; delete from replay_data; update master set last_seq = 0");
    const replay = await open();
    expect(await play(replay)).to.deep.equal([]);
    expect(replay.state).to.equal("ended");
  });

  it("delivers nothing while paused, and continues where it was", async () => {
    await record([0, 1000, 2000]);
    const replay = await open({ speed: 1 });
    const given: [number, number][] = [];
    const start = clock.now();
    const playing = replay.play((message) => {
      given.push([message.seq, clock.now() - start]);
      if (message.seq === 2) replay.pause();
      return undefined;
    }, never);
    while (replay.state !== "paused") await setImmediate();
    for (let turn = 0; turn < 20; turn += 1) await setImmediate();
    expect(seqsOf(given)).to.deep.equal([1, 2]);
    clock.pass(60_000);
    replay.resume();
    await playing;
    expect(given).to.deep.equal([
      [1, 0],
      [2, 1000],
      [3, 62_000],
    ]);
  });

  it("moves to a seq or a time while it plays, and delivers that message at once", async () => {
    await record(numbers(0, 299).map((n) => n * 1000));
    const replay = await open({ speed: 1 });
    const targets = ["290", new Date(beginMs + 4000).toISOString(), "299"];
    const moves: Promise<void>[] = [];
    const given = await play(replay, ({ seq }) => {
      if (seq !== 2 && seq !== 292 && seq !== 6) return;
      replay.pause();
      moves.push(
        replay.seek(targets.shift()!).then(() => {
          replay.resume();
        }),
      );
    });
    await Promise.all(moves);
    expect(seqsOf(given)).to.deep.equal([1, 2, 290, 291, 292, 5, 6, 299, 300]);
    expect(given[8]![1] - given[7]![1]).to.equal(1000);
  });

  it("seeks back after its end", async () => {
    await record([0, 10, 20]);
    const replay = await open();
    expect(seqsOf(await play(replay))).to.deep.equal([1, 2, 3]);
    expect(replay.state).to.equal("ended");
    await replay.seek("2");
    expect(replay.state).to.equal("playing");
    await replay.whenMoved(never);
    expect(seqsOf(await play(replay))).to.deep.equal([2, 3]);
  });

  it("ends after a seek beyond the last message", async () => {
    await record([0, 10, 20]);
    for (const target of ["4", "99999999999999999999", "2030-01-01"]) {
      const replay = await open();
      await replay.seek(target);
      expect(await play(replay), target).to.deep.equal([]);
      expect(replay.state).to.equal("ended");
    }
  });

  it("continues as before after an invalid seek", async () => {
    await record([0, 10, 20]);
    const replay = await open();
    expect(await rejection(replay.seek("never"))).to.include({ code: "bad_argument" });
    expect(seqsOf(await play(replay))).to.deep.equal([1, 2, 3]);
  });

  it("stops session time while a reader is slow, and delivers one message at a time", async () => {
    await record([0, 1000, 2000]);
    const replay = await open({ speed: 1 });
    const given: number[] = [];
    const start = clock.now();
    let isTaking = false;
    await replay.play(async ({ seq }) => {
      expect(isTaking).to.equal(false);
      isTaking = true;
      given.push(clock.now() - start);
      await setImmediate();
      if (seq === 2) clock.pass(5000);
      isTaking = false;
    }, never);
    expect(given).to.deep.equal([0, 1000, 7000]);
  });

  it("delivers nothing after it is aborted", async () => {
    await record(numbers(0, 20));
    const replay = await open();
    const end = new AbortController();
    const given: number[] = [];
    await replay.play(({ seq }) => {
      given.push(seq);
      if (seq === 5) end.abort();
      return undefined;
    }, end.signal);
    expect(given).to.deep.equal([1, 2, 3, 4, 5]);
  });

  it("continues with messages that another connection commits, of its types only", async () => {
    await record([0, 10, 20]);
    const { unique_id: masterId } = await findSession(database, session);
    const replay = new Replay(database, masterId, { isFollowing: true, filter: { types: ["tell"] } });
    const writer = await Store.open(db);
    const end = new AbortController();
    const given: number[] = [];
    await replay.play(async ({ seq }) => {
      given.push(seq);
      if (seq === 8) end.abort();
      else if (seq >= 3) {
        const ask = tellWrite(session, 0);
        await writer.submit({ ...ask, trials: [], message: { ...ask.message, type: "ask" } });
        await writer.submit(tellWrite(session, 1));
        if (seq === 3) await writer.submit(tellWrite(session, 2));
      }
    }, end.signal);
    await writer.close();
    expect(given.slice(0, 4)).to.deep.equal([2, 3, 5, 6]);
    expect(given.at(-1)).to.equal(8);
  });

  it("fails if it follows a session that is deleted", async () => {
    allowDifference("it takes a session's messages away");
    await record([0]);
    const { unique_id: masterId } = await findSession(database, session);
    const replay = new Replay(database, masterId, { isFollowing: true });
    const playing = replay.play(
      () => execute(db, "delete from config_data; delete from replay_data; delete from master"),
      never,
    );
    expect(await rejection(playing)).to.include({ code: "unknown_session" });
  });
});
