import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { migrations } from "../../migrations/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { Participant, expectStoredOnce } from "../support/client/participant.js";
import { readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { until } from "../support/checks/until.js";

describeOnEngines("two daemons with one database", (engine) => {
  it("serve eight clients of one session, and lose nothing when one daemon is killed", async () => {
    const tellsEach = 150;
    const db = await engine.makeLocation();
    const killed = await DaemonProcess.start(db);
    const other = await DaemonProcess.start(db);
    const session = randomUUID();
    const participants = Array.from(
      { length: 8 },
      (_, index) => new Participant(index % 4 < 2 ? "json" : "messagepack", session, `client-${index}`),
    );
    const [onKilled, onOther] = [0, 1].map((half) => participants.filter((_, index) => index % 2 === half));
    // All at once, so that two daemons begin the same session.
    await Promise.all([
      ...onKilled!.map((participant) => participant.begin(killed.url)),
      ...onOther!.map((participant) => participant.begin(other.url)),
    ]);
    const acknowledged = () =>
      participants.reduce((sum, participant) => sum + participant.acknowledged.size, 0);
    const telling = onOther!.map((participant) => participant.tellUntilLost(tellsEach));
    const losses = onKilled!.map((participant) => participant.tellUntilLost());
    await until(() => acknowledged() >= 4 * tellsEach);
    await killed.end("SIGKILL");
    await Promise.all(losses);
    await Promise.all(
      onKilled!.map(async (participant) => {
        await participant.resume(other.url);
        await participant.tellAgain();
        await participant.tellUntilLost(20);
        expect(participant.acknowledged.size).to.equal(participant.told);
      }),
    );
    await Promise.all(telling);
    expect(onOther!.map((participant) => participant.acknowledged.size)).to.deep.equal(
      onOther!.map(() => tellsEach),
    );
    for (const participant of participants) await participant.finish();
    expect(await other.end("SIGTERM")).to.equal(0);
    await expectStoredOnce(db, participants);
    const [counts] = await readRows(
      db,
      `select (select count(*) from master) as masters, (select count(*) from raw_data) as trials,
       (select count(*) from replay_data where message_type = 'tell') as tells, (select last_seq from master) as last,
       (select count(*) from replay_data) as messages`,
    );
    const told = participants.reduce((sum, participant) => sum + participant.told, 0);
    expect(counts).to.include({ masters: 1, trials: told, tells: told, last: counts?.["messages"] });
  });

  it("can start at the same time on an empty database", async () => {
    for (let round = 0; round < 3; round += 1) {
      const db = await engine.makeLocation();
      const both = await Promise.all([DaemonProcess.start(db), DaemonProcess.start(db)]);
      for (const served of both) expect(await served.end("SIGTERM")).to.equal(0);
      const applied = await readRows(db, "select name from migrations order by id");
      expect(applied.map(({ name }) => name)).to.deep.equal(migrations.map(({ name }) => name));
    }
  });
});
