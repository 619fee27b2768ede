import { join } from "node:path";
import { copyFile } from "node:fs/promises";
import { expect } from "chai";
import { Database } from "../../src/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { fixture } from "../support/files/vectors.js";

/** A pickle that the migration cannot read: `posix.system`. */
const unreadable = "x'80048c05706f736978948c0673797374656d9493942e'";

describeOnEngines("A message resent to a session that AEPsych recorded", (engine) => {
  let target: string;
  let sessionId: string;

  beforeEach(async () => {
    const file = join(await temporaryFolder(), "lab.db");
    await copyFile(fixture("legacy/generation-1.db"), file);
    await execute(file, `update replay_data set message_contents = ${unreadable} where unique_id = 7`);
    await execute(file, "update replay_data set message_contents = null where unique_id = 6");
    target = await engine.makeReadyLocation();
    const database = await Database.open(target);
    await database.importFile(file);
    const [master] = await database.getMasterRecords();
    sessionId = master!.sessionId;
    await database.close();
  });

  it("is a conflict where its id is that of a message kept as a pickle, or without contents", async () => {
    const stored = await readRows(
      target,
      "select message_id, message_contents from replay_data where message_id in ('aepsych-6', 'aepsych-7') and master_table_id = 1 order by seq",
    );
    expect(stored.map((row) => row["message_id"])).to.deep.equal(["aepsych-6", "aepsych-7"]);
    expect(stored[0]?.["message_contents"]).to.equal(null);
    expect((stored[1]?.["message_contents"] as Buffer)[0]).to.equal(0x80);
    const daemon = await startDaemon({ db: target });
    const client = await Client.connect(daemon.url);
    expect(await client.request({ type: "resume", message: { session: sessionId } })).to.include({
      ok: true,
    });
    for (const id of ["aepsych-6", "aepsych-7"]) {
      const reply = await client.request({
        type: "tell",
        id,
        message: { config: { x1: [0.5] }, outcome: 1 },
      });
      expect(reply).to.include({ ok: false, code: "conflict", stored: false, retry: false, id });
    }
    const tell = { type: "tell", id: "mine-1", message: { config: { x1: [0.5], x2: [0.5] }, outcome: 1 } };
    expect(await client.request(tell)).to.include({ ok: true, stored: true });
    expect(await readRows(target, "select code from rejected_data order by unique_id")).to.deep.equal([
      { code: "conflict" },
      { code: "conflict" },
    ]);
  });
});
