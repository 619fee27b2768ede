import { join } from "node:path";
import { expect } from "chai";
import { FlowControl } from "../../../src/daemon/exchange/index.js";
import { lockWriters, readRows } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { MemoryDoors } from "../../support/daemon/memory-door.js";
import { until } from "../../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describe("Conversation", () => {
  let path: string;
  let doors: MemoryDoors;

  const open = async (busyTimeoutMs?: number) => {
    path = join(await temporaryFolder(), "test.db");
    doors = await MemoryDoors.open(path, busyTimeoutMs);
  };

  afterEach(async () => {
    await doors.close();
  });

  describe("through a door with no current session and no flow control", () => {
    it("answers many frames in order, each with the session that it names", async () => {
      await open();
      const door = doors.connect({ hasCurrentSession: false });
      const { session } = await door.request(setup);
      for (let trial = 0; trial < 1000; trial += 1) door.take({ ...tell, session, id: `t${trial}` });
      expect(await door.conversation.drain()).to.equal(true);
      const replies = door.sent.slice(1).map(({ reply }) => reply);
      expect(replies).to.have.length(1000);
      replies.forEach((reply, trial) => {
        expect(reply).to.include({ ok: true, session, id: `t${trial}`, seq: trial + 2 });
      });
    });

    it("rejects a message that names no session, also after a setup and a resume", async () => {
      await open();
      const door = doors.connect({ hasCurrentSession: false });
      const { session } = await door.request(setup);
      expect(await door.request(tell)).to.include({ ok: false, code: "no_session" });
      expect(await door.request({ type: "resume", message: { session } })).to.include({
        ok: true,
        strat_id: 0,
        last_seq: 1,
      });
      expect(await door.request(tell)).to.include({ ok: false, code: "no_session" });
      expect(await door.request({ type: "resume", message: { strat_id: 0 } })).to.include({
        code: "unknown_session",
      });
      expect(door.conversation.session).to.equal(undefined);
      expect(door.rejections).to.equal(3);
    });

    it("finds a session that another door began", async () => {
      await open();
      const { session } = await doors.connect().request(setup);
      const door = doors.connect({ hasCurrentSession: false });
      expect(await door.request({ ...tell, session })).to.include({ ok: true, seq: 2 });
      expect(await door.request({ type: "exit", session })).to.include({ ok: true, seq: 3 });
    });

    it("ends with the first message that could not be written", async () => {
      await open(20);
      const door = doors.connect({ hasCurrentSession: false });
      const { session } = await door.request(setup);
      const unlock = await lockWriters(path);
      for (const id of ["a", "b", "c"]) door.take({ ...tell, session, id });
      expect(await door.reply()).to.include({ id: "a", code: "unavailable", retry: true });
      expect(door.closeCode).to.equal(1013);
      expect(await door.conversation.drain()).to.equal(false);
      await unlock();
      door.take({ ...tell, session, id: "d" });
      expect(await door.conversation.drain()).to.equal(false);
      expect(door.sent).to.have.length(2);
      expect(doors.unavailable).to.be.within(1, 3);
      expect(await readRows(path, "select count(*) as n from replay_data")).to.deep.equal([{ n: 1 }]);
    });
  });

  it("says with each reply how its request was coded", async () => {
    await open();
    const door = doors.connect();
    await door.request(setup, "messagepack");
    await door.request(tell, "json");
    door.take("{");
    await door.conversation.drain();
    expect(door.sent.map(({ coding }) => coding)).to.deep.equal(["messagepack", "json", "json"]);
    expect(door.sent.map(({ reply }) => reply.ok)).to.deep.equal([true, true, false]);
  });

  it("answers in the order of the frames when a later one is ready first", async () => {
    await open();
    const { session } = await doors.connect().request(setup);
    const door = doors.connect();
    door.take({ ...tell, session, id: "stored" });
    door.take("{");
    door.take({ ...tell, session, id: "too" });
    await door.conversation.drain();
    expect(door.sent.map(({ reply }) => reply.id)).to.deep.equal(["stored", undefined, "too"]);
  });

  it("stores a frame that the transport could not read, and answers nothing", async () => {
    await open();
    const door = doors.connect();
    await door.request(setup);
    door.conversation.noteUnreadable("The frame is over the size limit.");
    await door.request(tell);
    expect(door.sent).to.have.length(2);
    expect(await readRows(path, "select code, reason, contents, peer from rejected_data")).to.deep.equal([
      { code: "malformed", reason: "The frame is over the size limit.", contents: null, peer: "memory:0" },
    ]);
  });

  it("takes nothing more once it drains", async () => {
    await open();
    const door = doors.connect();
    door.take(setup);
    const drained = door.conversation.drain();
    door.take(tell);
    expect(await drained).to.equal(true);
    expect(door.sent).to.have.length(1);
  });

  it("pauses its door while too much is in flight, and resumes it", async () => {
    await open();
    const calls: string[] = [];
    const transport = { pause: () => calls.push("pause"), resume: () => calls.push("resume") };
    const limits = { maximumMessagesInFlight: 3, maximumBytesInFlight: 1e6 };
    const door = doors.connect({ flow: new FlowControl(limits, transport) });
    await door.request(setup);
    for (let count = 0; count < 5; count += 1) door.take(tell);
    expect(calls).to.deep.equal(["pause"]);
    await until(() => door.sent.length === 6);
    expect(calls).to.deep.equal(["pause", "resume"]);
  });
});
