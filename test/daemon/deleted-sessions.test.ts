import { expect } from "chai";
import { deleteSession } from "../../src/maintenance/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { setup, tell } from "../support/client/contrast.js";
import { MemoryDoors } from "../support/daemon/memory-door.js";

describeOnEngines("a deleted session", (engine) => {
  let location: string;
  let doors: MemoryDoors;

  beforeEach(async () => {
    location = await engine.makeReadyLocation();
    doors = await MemoryDoors.open(location);
  });

  afterEach(() => doors.close());

  it("accepts no late message, by resume, by name, by setup or on a connection that has it", async () => {
    const bound = doors.connect();
    const { session } = await bound.request(setup());
    await doors.connect().request({ type: "exit", session });
    const [master] = await readRows(location, "select unique_id from master");
    await deleteSession(doors.database, master?.["unique_id"] as number, { by: "test" });
    const fresh = doors.connect();
    for (const [door, message] of [
      [bound, tell(1)],
      [bound, tell(1)],
      [fresh, { type: "resume", message: { session } }],
      [fresh, tell(1, { session })],
      [fresh, setup({ session })],
    ] as const) {
      const reply = await door.request(message);
      expect(reply).to.include({ ok: false, code: "deleted", stored: false, retry: false });
      expect(reply.server_error).to.include(session).and.include("begin another session");
    }
    expect(await fresh.request(setup())).to.include({ ok: true, seq: 1 });
    const kept = await readRows(location, "select contents, peer from rejected_data where code = 'deleted'");
    expect(kept).to.deep.equal(Array(5).fill({ contents: null, peer: null }));
  });
});
