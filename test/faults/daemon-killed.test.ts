import { expect } from "chai";
import { describeOnEngines } from "../../harness/engines.js";
import { Participant, expectStoredOnce } from "../support/client/participant.js";
import { readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";

describeOnEngines("a daemon that is killed in the middle of sessions", (engine) => {
  it("has every acknowledged message once, with its trials, after a restart", async () => {
    const db = await engine.makeLocation();
    const participants = Array.from(
      { length: 6 },
      (_, index) => new Participant(index % 2 === 0 ? "json" : "messagepack"),
    );
    let served = await DaemonProcess.start(db);
    for (const participant of participants) await participant.begin(served.url);
    for (let round = 0; round < 4; round += 1) {
      const losses = participants.map((participant) => participant.tellUntilLost());
      const enough = (round + 1) * 150;
      while (participants.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0) < enough) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await served.end("SIGKILL");
      await Promise.all(losses);
      served = await DaemonProcess.start(db);
      for (const participant of participants) {
        await participant.resume(served.url);
        await participant.tellAgain();
      }
    }
    await Promise.all(participants.map((participant) => participant.tellUntilLost(20)));
    for (const participant of participants) await participant.finish();
    expect(await served.end("SIGTERM")).to.equal(0);

    for (const participant of participants) await expectStoredOnce(db, [participant]);
    if (engine.name !== "SQLite") return;
    expect(await readRows(db, "pragma integrity_check")).to.deep.equal([{ integrity_check: "ok" }]);
    expect(await readRows(db, "pragma foreign_key_check")).to.deep.equal([]);
  });
});
