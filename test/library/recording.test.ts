import { expect } from "chai";
import { Master, Outcome, Param, Raw } from "../../src/entities/index.js";
import { Database } from "../../src/library/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute } from "../../harness/rows.js";
import { expectCode } from "../support/checks/expect-code.js";

const tell = (x: number, outcome: unknown) => ({ message: { config: { x: [x] }, outcome } });

const newer = "Newer9999999999999";

describeOnEngines("Database recording", (engine) => {
  let path: string;
  let database: Database;

  beforeEach(async () => {
    path = await engine.makeLocation();
    database = await Database.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor", description: "contrast", id: "e1" });

  describe("recordSetup", () => {
    it("begins a session with the given fields", async () => {
      const master = await database.recordSetup({
        name: "Gabor",
        description: "contrast",
        id: "e1",
        participantId: "P001",
        extraMetadata: { room: "B12" },
      });
      expect(master).to.be.instanceOf(Master).and.to.include({
        experimentName: "Gabor",
        experimentDescription: "contrast",
        experimentId: "e1",
        participantId: "P001",
        extraMetadata: '{"room":"B12"}',
        lastSeq: 1,
      });
      const [setup] = (await database.getReplayFor(master.uniqueId))!;
      expect(setup).to.include({ seq: 1, messageType: "setup" });
    });

    it("takes metadata as JSON text too, as AEPsych's functions do, and any other text as it is", async () => {
      for (const [extraMetadata, stored] of [
        ['{"a": 1, "b": [1e400]}', '{"a":1,"b":[{"$number":"Infinity"}]}'],
        ["room 2", '"room 2"'],
        ["{broken", '"{broken"'],
        ["[1]", '"[1]"'],
      ] as const) {
        const master = await database.recordSetup({ extraMetadata });
        expect(master.extraMetadata, extraMetadata).to.equal(stored);
      }
    });

    it("generates ids that are not given", async () => {
      const [one, two] = [await database.recordSetup({}), await database.recordSetup({})];
      expect(one.experimentId).to.match(/^[0-9a-f-]{36}$/);
      expect(one.participantId).to.match(/^[0-9a-f-]{36}$/);
      expect(one.sessionId).not.to.equal(two.sessionId);
    });

    it("stores the request and its config", async () => {
      const request = { type: "setup", message: { config_str: "[common]\nstimuli_per_trial = 2\n" } };
      const master = await database.recordSetup({ name: "pairs", request });
      const config = (await database.getConfigFor(master.uniqueId)) as Map<string, Map<string, string>>;
      expect(config.get("common")!.get("stimuli_per_trial")).to.equal("2");
      const told = await database.recordMessage(master, "tell", {
        message: { config: { x: [1, 2] }, outcome: 0 },
      });
      expect(told.derivationError).to.equal(null);
      const params = (await database.getAllParamsFor(master.uniqueId))!;
      expect(params.map(({ paramName }) => paramName)).to.deep.equal(["x_stimuli0", "x_stimuli1"]);
    });

    it("refuses a config that cannot be read, and begins nothing", async () => {
      const request = { message: { config_str: "[common]\nstimuli_per_trial = many\n" } };
      expect(await expectCode(database.recordSetup({ request }), "bad_argument")).to.include(
        "stimuli_per_trial",
      );
      expect(await database.getMasterRecords()).to.deep.equal([]);
    });
  });

  describe("recordMessage", () => {
    it("writes what the daemon would write", async () => {
      const master = await begin();
      const replay = await database.recordMessage(master, "tell", {
        ...tell(0.5, 1),
        extra_info: { rt: 0.4 },
      });
      expect(replay).to.include({
        seq: 2,
        messageType: "tell",
        extraInfo: '{"rt":0.4}',
        derivationError: null,
      });
      const [raw] = (await database.getRawFor(master.uniqueId))!;
      expect(raw).to.include({ modelData: true, extraData: '{"rt":0.4}', replayTableId: replay.uniqueId });
      expect(await database.getParamFor(master.uniqueId, raw!.uniqueId)).to.have.length(1);
      expect((await database.getOutcomeFor(master.uniqueId, raw!.uniqueId))![0]).to.include({
        outcomeName: "outcome",
        outcomeValue: 1,
      });
    });

    it("derives tells of a session whose config has no valid number of stimuli, as in AEPsych's files", async () => {
      const master = await begin();
      await execute(path, `update config_data set config = '{"common":{"stimuli_per_trial":"two"}}'`);
      expect(await database.recordMessage(master, "tell", tell(0.5, 1))).to.include({
        derivationError: null,
      });
      expect(await database.getRawFor(master.uniqueId)).to.have.length(1);
    });

    it("stores a tell from which nothing can be derived, with the reason", async () => {
      const replay = await database.recordMessage(await begin(), "tell", { message: { config: 1 } });
      expect(replay.derivationError).to.be.a("string");
    });

    it("writes a message with an id once", async () => {
      const master = await begin();
      const [one, two] = [
        await database.recordMessage(master, "tell", { id: "t1", ...tell(0.5, 1) }),
        await database.recordMessage(master, "tell", { id: "t1", ...tell(0.5, 1) }),
      ];
      expect(two.uniqueId).to.equal(one.uniqueId);
      await expectCode(database.recordMessage(master, "tell", { id: "t1", ...tell(0.5, 0) }), "rejected");
    });

    it("refuses an unknown session, a setup, and values that no message can hold", async () => {
      const master = await begin();
      const nobody = Object.assign(new Master(), { uniqueId: 99, sessionId: "nobody" });
      await expectCode(database.recordMessage(nobody, "ask", {}), "rejected");
      await expectCode(database.recordMessage(master, "setup", {}), "bad_argument");
      await expectCode(database.recordMessage(master, "Bad Type", {}), "bad_argument");
      await expectCode(database.recordMessage(master, "note", { message: () => 1 }), "bad_argument");
      expect(await database.getReplayFor(master.uniqueId)).to.have.length(1);
    });
  });

  describe("recordRaw, recordParam and recordOutcome", () => {
    it("write a trial that no message contains", async () => {
      const master = await begin();
      const timestamp = new Date("2026-01-02T03:04:05.678Z");
      const raw = await database.recordRaw(master, false, { timestamp, extraData: { block: 2 } });
      expect(raw).to.be.instanceOf(Raw).and.to.include({
        timestamp: "2026-01-02T03:04:05.678Z",
        modelData: false,
        extraData: '{"block":2}',
        replayTableId: null,
      });
      expect(await database.recordParam(raw, "x", 0.1))
        .to.be.instanceOf(Param)
        .with.property("paramValue", "0.1");
      expect(await database.recordOutcome(raw, "rt", 0.25))
        .to.be.instanceOf(Outcome)
        .and.to.include({ outcomeValue: 0.25, outcomeText: null });
      expect(await database.recordOutcome(raw, "said", "left")).to.include({
        outcomeValue: null,
        outcomeText: "left",
      });
      expect(await database.recordOutcome(raw, "none", null)).to.include({ outcomeValue: null });
      expect(await database.getAllOutcomesFor(master.uniqueId)).to.have.length(3);
    });
  });

  it("refuses arguments of the wrong form", async () => {
    const master = await begin();
    const raw = await database.recordRaw(master, true);
    const nothing = undefined as never;
    for (const record of [
      () => Database.open(nothing),
      () => Database.open(""),
      () => database.importFile(nothing),
      () => database.recordSetup(nothing),
      () => database.recordMessage(nothing, "ask", {}),
      () => database.recordRaw(nothing, true),
      () => database.recordRaw(Object.assign(new Master(), { uniqueId: 99 }), true),
      () => database.recordRaw(master, nothing),
      () => database.recordRaw(master, true, { timestamp: new Date(NaN) }),
      () => database.recordRaw(master, true, new Date() as never),
      () => database.recordRaw(master, true, null as never),
      () => database.recordRaw(master, true, { extra_data: 1 } as never),
      () => database.recordSetup({ extra_metadata: 1 } as never),
      () => database.recordSetup(new Map([["name", "x"]]) as never),
      () => database.recordParam(Object.assign(new Raw(), { uniqueId: 99 }), "x", 1),
      () => database.recordParam(raw, nothing, 1),
      () => database.recordOutcome(raw, "x", {} as never),
      () => database.recordStrat(nothing, 1),
      () => database.recordConfig(nothing, {}),
      () => database.getRawFor("1" as never),
      () => database.executeSqlQuery(nothing),
      () => database.executeSqlQuery("select :at", { at: new Date() as never }),
    ])
      await expectCode(Promise.resolve().then<unknown>(record), "bad_argument");
    expect(await database.getRawFor(master.uniqueId)).to.deep.equal([raw]);
    expect(await database.getAllOutcomesFor(master.uniqueId)).to.deep.equal([]);
  });

  it("rejects as stored, not as unavailable, if what was written cannot be read back", async () => {
    const master = await begin();
    // Readers are opened again, and then refuse a database that a newer telltale has upgraded; the writer goes on.
    await database.getEngine().destroy();
    await execute(path, `insert into migrations (timestamp, name) values (9999999999999, '${newer}')`);
    await database.recordRaw(master, true);
    await expectCode(begin(), "stored");
    await database.close();
    await execute(path, `delete from migrations where name = '${newer}'`);
    database = await Database.open(path);
    expect(await database.getRawFor(master.uniqueId)).to.have.length(1);
    expect(await database.getMasterRecords()).to.have.length(2);
  });
});
