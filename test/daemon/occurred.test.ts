import { expect } from "chai";
import { describeOnEngines } from "../../harness/engines.js";
import { execute } from "../../harness/rows.js";
import { rebuildLiveSession } from "../../src/maintenance/index.js";
import { Store } from "../../src/database/index.js";
import { type Fixture, useDaemon } from "../support/daemon/fixture.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: 1 }, outcome: 1 } };
const sentAt = Date.UTC(2026, 2, 20, 9) + 0.25;

describeOnEngines("The time when a message occurred", (engine) => {
  const fixture: Fixture = useDaemon(engine);
  const columns = "occurred_at, clock_offset_ms, clock_uncertainty_ms";
  const readTimes = () => fixture.read(`select ${columns} from replay_data order by seq`);
  const none = { occurred_at: null, clock_offset_ms: null, clock_uncertainty_ms: null };
  const known = {
    occurred_at: "2026-03-20T08:59:59.500250Z",
    clock_offset_ms: -500,
    clock_uncertainty_ms: 0.125,
  };

  beforeEach(async () => {
    await fixture.client.request(setup);
  });

  it("is its sent_at with the offset of the client's clock", async () => {
    const clock = { offset_ms: -500, uncertainty_ms: 0.125 };
    await fixture.client.request({ ...tell, sent_at: sentAt, clock });
    await fixture.client.request({ ...tell, sent_at: sentAt });
    expect(await readTimes()).to.deep.equal([
      none,
      known,
      { ...none, occurred_at: "2026-03-20T09:00:00.000250Z" },
    ]);
    expect(await fixture.read("select occurred_at from trial where kind = 'parameter'")).to.deep.equal([
      { occurred_at: known.occurred_at },
      { occurred_at: "2026-03-20T09:00:00.000250Z" },
    ]);
  });

  it("is refused with a clock of another form, and the message kept as rejected", async () => {
    const reply = await fixture.client.request({ ...tell, sent_at: sentAt, clock: { offset_ms: 1 } });
    expect(reply).to.include({ ok: false, code: "invalid", stored: false });
    expect(await fixture.read("select code from rejected_data")).to.deep.equal([{ code: "invalid" }]);
  });

  it("is filled again by a rebuild", async () => {
    const { db } = fixture.daemon.options;
    await fixture.client.request({
      ...tell,
      sent_at: sentAt,
      clock: { offset_ms: -500, uncertainty_ms: 0.125 },
    });
    await execute(db, "update replay_data set occurred_at = null, clock_offset_ms = 7 where seq = 2");
    const store = await Store.open(db);
    const session = await rebuildLiveSession(store, 1);
    expect(session).to.include({ isDifferent: true, timesChanged: 1, trialsEqual: 1, trialsAdded: 0 });
    expect(session.differences).to.deep.equal([
      "Message 2: occurred_at is null, not 2026-03-20T08:59:59.500250Z.",
    ]);
    expect((await readTimes())[1]).to.deep.equal(known);
    expect(await rebuildLiveSession(store, 1)).to.include({ isDifferent: false, timesChanged: 0 });
    await store.close();
  });
});
