import { expect } from "chai";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import type { Daemon } from "../../src/index.js";
import { until } from "../support/checks/until.js";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { numbers, openReplay, takeUntilState } from "./replay-client.js";

describe("the readers of a replay", () => {
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

  it("are closed with 1001 when telltale stops", async () => {
    await start(numbers(0, 9).map((n) => n * 3_600_000));
    const clients = await Promise.all([
      openReplay(daemon, `session=${session}&speed=1`),
      openReplay(daemon, `session=${session}`),
      openReplay(daemon, `session=${session}&follow=true`),
      openReplay(daemon, `session=${session}&speed=1`),
    ]);
    for (const client of clients) await client.reply();
    await clients[3].request({ type: "pause" });
    expect(await daemon.stop()).to.equal(true);
    for (const client of clients) expect(await client.closed()).to.equal(1001);
  });

  /** Stores 400 messages of 100 kB: more than the system buffers for a reader. */
  async function storeMuch(): Promise<void> {
    const participant = await Client.connect(daemon.url);
    const text = "x".repeat(100_000);
    const count = 400;
    for (let n = 0; n < count; n += 1) participant.send({ type: "note", session, message: text });
    for (let n = 0; n < count; n += 1) expect(await participant.reply()).to.include({ ok: true });
    await participant.close();
  }

  /** Counts the reads of the archive from now on. */
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

  /** Sends tells until no replay has read for a while; returns the number of reads. */
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

  it("make the replay wait if they are slow, and do not delay other clients", async () => {
    await start([0]);
    await storeMuch();
    const reads = countReads();
    const client = await openReplay(daemon, `session=${session}&to=401`);
    client.socket.pause();
    const before = await tellUntilQuiet(reads);
    client.socket.resume();
    const seqs: unknown[] = [];
    for (const { seq, state } of [...(await takeUntilState(client)), ...(await takeUntilState(client))])
      if (state === undefined) seqs.push(seq);
    expect(seqs).to.deep.equal(numbers(1, 401));
    expect(reads()).to.be.above(before + 20);
  });

  it("end the replay when they leave, even while it waits for them", async () => {
    const { logger, lines } = collectLog();
    await start([0], { logger });
    await storeMuch();
    const reads = countReads();
    const client = await openReplay(daemon, `session=${session}&follow=true`);
    client.socket.pause();
    const before = await tellUntilQuiet(reads);
    client.socket.terminate();
    await until(() => lines.some(({ msg }) => msg === "replay closed"));
    expect(await tellUntilQuiet(reads)).to.be.at.most(before + 1);
  });
});
