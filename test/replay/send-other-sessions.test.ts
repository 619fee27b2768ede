import { expect } from "chai";
import { execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { upgradeFile } from "../../src/maintenance/index.js";
import { findSession } from "../../src/queries/index.js";
import { Replay, sendSession } from "../../src/replay/index.js";
import { allowDifference, expectDerived } from "../support/checks/rebuild.js";
import { until } from "../support/checks/until.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { copyOf } from "../support/files/legacy.js";
import { fixture } from "../support/files/vectors.js";
import { blob, readAllButContents, send, whole } from "./sent-sessions.js";

describe("sendSession, of live sessions and AEPsych's", () => {
  let original: string;
  let copy: Daemon;

  const makeFile = async () => `${await temporaryFolder()}/test.db`;
  const offsets = (count: number) => Array.from({ length: count }, (_, index) => index);

  beforeEach(async () => {
    original = await makeFile();
    copy = await startDaemon({ db: await makeFile() });
  });

  it("forwards a live session as it grows", async () => {
    const live = await startDaemon({ db: original });
    const session = await writeTimedSession(original, offsets(3));
    const database = await ReadOnlyStore.open(original);
    const overview = await findSession(database, session);
    const end = new AbortController();
    const replay = new Replay(database, overview.unique_id, { isFollowing: true });
    const sending = sendSession(replay, overview, copy.url, { signal: end.signal });
    const client = await Client.connect(live.url);
    for (let n = 0; n < 5; n += 1) await client.request({ type: "tell", session, message: { outcome: n } });
    await until(async () => (await readRows(copy.options.db, "select * from raw_data")).length === 7);
    end.abort();
    expect(await sending).to.deep.equal(whole({ stored: 8 }));
    await database.close();
    expect(await readAllButContents(copy.options.db)).to.deep.equal(await readAllButContents(original));
  });

  it("starts a session with the same id for every later setup of an AEPsych session", async () => {
    allowDifference("it makes a message a setup");
    const session = await writeTimedSession(original, offsets(8));
    const setup = JSON.stringify({
      type: "setup",
      message: { config_str: "[common]\nstimuli_per_trial = 2\n" },
    });
    await execute(
      original,
      `update replay_data set message_type = 'setup', message_contents = ${blob(setup)} where seq = 4`,
    );
    expect(await send(original, copy.url)).to.deep.equal(whole({ stored: 8 }));
    const sessions = "select session_id, last_seq, participant_id from master order by unique_id";
    const [first, second, ...more] = await readRows(copy.options.db, sessions);
    expect(first).to.deep.equal({ session_id: session, last_seq: 3, participant_id: "p1" });
    expect(second).to.include({ last_seq: 5, participant_id: "p1" });
    expect(more).to.deep.equal([]);
    // Its config applies to the tells after it.
    const underivable = "select seq from replay_data where derivation_error is not null order by seq";
    expect(await readRows(copy.options.db, underivable)).to.deep.equal([{ seq: 2 }, { seq: 3 }, { seq: 4 }]);
    expect(await send(original, copy.url)).to.deep.equal(whole({ duplicates: 8 }));
    expect(await readRows(copy.options.db, sessions)).to.deep.equal([first, second]);
  });

  for (const generation of [0, 1, 2, 3]) {
    it(`sends a file of AEPsych generation ${generation}, and names what it cannot send`, async () => {
      allowDifference("AEPsych's own trials are in it");
      const path = await copyOf(fixture(`legacy/generation-${generation}.db`));
      await upgradeFile(path, () => undefined);
      const masters = await readRows(path, "select unique_id, last_seq from master order by unique_id");
      for (const { unique_id: id, last_seq: messages } of masters) {
        const report = await send(path, copy.url, String(id));
        const again = await send(path, copy.url, String(id));
        expect(again).to.deep.equal({ ...report, stored: 0, duplicates: report.stored });
        if (report.failure === undefined) expect(report.stored + report.refused.length).to.equal(messages);
        else expect(report.failure).to.include("send it with its setup");
      }
      const [counted] = await readRows(
        copy.options.db,
        "select count(*) as tells from replay_data where message_type = 'tell'",
      );
      expect(counted?.["tells"]).to.be.above(0);
      await expectDerived(copy.options.db);
    });
  }
});
