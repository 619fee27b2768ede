import { expect } from "chai";
import { execute } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import type { Daemon } from "../../src/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";
import { openReplay } from "./replay-client.js";

describe("a replay that cannot be played", () => {
  let daemon: Daemon;

  async function start(offsetsMs: readonly number[]): Promise<void> {
    const db = `${await temporaryFolder()}/test.db`;
    await writeTimedSession(db, offsetsMs);
    daemon = await startDaemon({ db });
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
    ["session=last&type=ask,", "invalid"],
    ["session=last&type=Ask", "invalid"],
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
      const client = await openReplay(daemon, query);
      let answer = await client.reply();
      // Invalid bounds are found only when messages are read.
      if (answer["state"] !== undefined) answer = await client.reply();
      expect(answer).to.have.all.keys("code", "server_error");
      expect(answer).to.include({ code });
      expect(await client.closed()).to.equal(1008);
    });
  }

  it("refuses the thirty-third replay at once with too_many_replays, and closes it with 1013", async () => {
    await start([0]);
    const clients = [];
    for (let count = 0; count < 32; count += 1) clients.push(await openReplay(daemon, "session=last"));
    const client = await openReplay(daemon, "session=last");
    expect(await client.reply()).to.include({ code: "too_many_replays" });
    expect(await client.closed()).to.equal(1013);
    await Promise.all(clients.map((open) => open.close()));
  });

  it("refuses a name that fits several sessions", async () => {
    await start([0]);
    await execute(daemon.options.db, "update master set session_id = 'aaaa' || substr(session_id, 5)");
    const other = await writeTimedSession(daemon.options.db, [0]);
    await execute(
      daemon.options.db,
      `update master set session_id = 'aaaa' || substr(session_id, 5) where session_id = '${other}'`,
    );
    const client = await openReplay(daemon, "session=aaaa");
    expect(await client.reply()).to.include({ code: "ambiguous_session" });
    expect(await client.closed()).to.equal(1008);
  });
});
