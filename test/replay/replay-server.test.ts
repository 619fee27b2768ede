import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { describeOnEngines, isPostgres } from "../../harness/engines.js";
import { execute, lockWriters, readRows } from "../../harness/rows.js";
import { tableNames } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { numbers, openReplay, takeUntilState } from "./replay-client.js";

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

  it("sends its state, every message in order, and its state at the end", async () => {
    await start(numbers(0, 299));
    const client = await openReplay(daemon, `session=${session}`);
    expect(await client.reply()).to.deep.equal({ state: "playing", session, seq: 0, speed: "max" });
    const frames = await takeUntilState(client);
    expect(frames.slice(0, -1).map(({ seq }) => seq)).to.deep.equal(numbers(1, 300));
    expect(frames[1]).to.deep.equal({
      seq: 2,
      timestamp: "2026-03-20T09:00:00.001Z",
      occurred_at: null,
      type: "tell",
      request: { type: "tell", message: { config: { x: 0.5 }, outcome: 1 } },
    });
    expect(frames.at(-1)).to.deep.equal({ state: "ended", session, seq: 300, speed: "max" });
  });

  it("accepts types, bounds and session names as telltale replay does", async () => {
    await start(numbers(0, 19));
    for (const [query, seqs] of [
      [`session=last&type=ask`, [4, 8, 12, 16, 20]],
      [`session=id:${session.slice(0, 8)}&from=3&to=5`, [3, 4, 5]],
      [`session=1&type=ask&type=setup&to=4`, [1, 4]],
      [`session=unique_id:1&type=ask,setup&to=4`, [1, 4]],
      [`session=last&from=2026-03-20T09:00:00.018Z`, [19, 20]],
      [`session=last&from=7&to=3`, []],
    ] as const) {
      const client = await openReplay(daemon, query);
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
    // A replay needs no writer: here every write is locked out.
    const unlock = await lockWriters(db);
    const client = await openReplay(daemon, `session=${session}&speed=1000`);
    await takeUntilState(client);
    await takeUntilState(client);
    expect(await client.request({ type: "seek", seq: 40 })).to.include({ state: "playing" });
    await takeUntilState(client);
    await client.close();
    await unlock();
    expect(await read()).to.deep.equal(before);
  });

  it("continues with the messages of a live session", async () => {
    await start([0, 1]);
    const follower = await openReplay(daemon, `session=${session}&follow=true&type=tell`);
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

  it("sends unavailable and closes with 1013 when the database cannot be read", async () => {
    await start(numbers(0, 5));
    const rename = (from: string, to: string) =>
      execute(db, `alter table replay_data rename to ${to}`.replace("replay_data", from));
    await rename("replay_data", "hidden");
    const client = await openReplay(daemon, `session=${session}`);
    expect(await client.reply()).to.have.property("code", "unavailable");
    expect(await client.closed()).to.equal(1013);
    await rename("hidden", "replay_data");
  });
});
