import { join } from "node:path";
import { expect } from "chai";
import { Config, Master, Raw, Replay, Strat } from "../../src/entities/index.js";
import { Database } from "../../src/library/index.js";
import { rebuildSession } from "../../src/maintenance/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { collect } from "../support/checks/collect.js";
import { expectCode } from "../support/checks/expect-code.js";

const tell = (x: number, outcome: unknown) => ({ message: { config: { x: [x] }, outcome } });

describeOnEngines("Database reading", (engine) => {
  let database: Database;

  beforeEach(async () => {
    database = await Database.open(await engine.makeLocation());
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor", description: "contrast", id: "e1" });

  describe("getStratFor and getStratsFor", () => {
    it("return snapshots as they were sent, by position from either end", async () => {
      const master = await begin();
      await database.recordMessage(master, "strat", { message: { weights: [1, 2] } });
      expect(await database.recordStrat(master, Uint8Array.of(1, 2, 255))).to.be.instanceOf(Strat);
      await database.recordStrat(master, { name: "init", at: new Date(1500) });
      const all = (await database.getStratsFor(master.uniqueId))!;
      expect(all).to.have.length(3);
      expect(all[0]).to.deep.equal(new Map([["weights", [1, 2]]]));
      expect([...(all[1] as Uint8Array)]).to.deep.equal([1, 2, 255]);
      expect((all[2] as Map<string, unknown>).get("name")).to.equal("init");
      expect(await database.getStratFor(master.uniqueId)).to.deep.equal(all[2]);
      expect(await database.getStratFor(master.uniqueId, -3)).to.deep.equal(all[0]);
      expect(await database.getStratFor(master.uniqueId, 1)).to.deep.equal(all[1]);
      expect(await database.getStratFor(master.uniqueId, 3)).to.equal(undefined);
      expect(await database.getStratFor(master.uniqueId, -4)).to.equal(undefined);
      await expectCode(database.getStratFor(master.uniqueId, 0.5), "bad_argument");
    });
  });

  it("returns the first config of a session", async () => {
    const master = await begin();
    expect(await database.recordConfig(master, "[common]\na = ${b}\nb = 3\n")).to.be.instanceOf(Config);
    expect(await database.getConfigFor(master.uniqueId)).to.deep.equal(new Map([["common", new Map()]]));
    const [, second] = await database.executeSqlQuery("select config from config_data order by unique_id");
    expect(second).to.deep.equal({ config: '{"common":{"a":"3","b":"3"}}' });
  });

  it("derives tells as rebuild does, whatever configs are recorded in addition to the log", async () => {
    const master = await begin();
    await database.recordConfig(master, "[common]\nstimuli_per_trial = 2\n");
    await database.recordMessage(master, "tell", { message: { config: { x: [1, 2] }, outcome: [0, 1] } });
    expect(await database.getRawFor(master.uniqueId)).to.have.length(2);
    const check = await database.readScope((manager) => rebuildSession(manager, master.uniqueId, "check"));
    expect(check.isDifferent).to.equal(false);
  });

  it("decodes each message beside its bytes", async () => {
    const master = await begin();
    await database.recordMessage(master, "note", { message: { bytes: Uint8Array.of(1), text: "a" } });
    const stored = (await database.getReplayFor(master.uniqueId))!;
    const request = stored[1]!.request as Map<string, unknown>;
    expect(request.get("type")).to.equal("note");
    const message = request.get("message") as Map<string, unknown>;
    expect(message.get("text")).to.equal("a");
    expect([...(message.get("bytes") as Uint8Array)]).to.deep.equal([1]);
    expect((stored[0]!.request as Map<string, unknown>).get("type")).to.equal("setup");
    const [row] = await database.executeSqlQuery("select * from replay_data where seq = 2");
    expect(Replay.fromSqlite(row!).request).to.deep.equal(request);
    const pickle = Uint8Array.of(0x80, 4, 0x2e);
    expect(Object.assign(new Replay(), { messageContents: pickle }).request).to.equal(pickle);
    expect(Object.assign(new Replay(), { messageContents: null }).request).to.equal(null);
  });

  it("finds a session by its unique_id and by its experiment", async () => {
    const master = await begin();
    expect(await database.getMasterRecord(master.uniqueId)).to.deep.equal(master);
    expect(await database.getMasterRecord("e1")).to.deep.equal(master);
    expect(await database.getMasterRecords()).to.deep.equal([master]);
    const lines: string[] = [];
    await database.listMasterRecords((line) => lines.push(line));
    expect(lines).to.deep.equal([`1\t${master.sessionId}\tGabor\t${master.participantId}`]);
  });

  it("returns undefined for an unknown session or trial", async () => {
    const { uniqueId } = await begin();
    expect(await database.getMasterRecord(99)).to.equal(undefined);
    expect(await database.getMasterRecord("nothing")).to.equal(undefined);
    expect(await database.getReplayFor(99)).to.equal(undefined);
    expect(await database.getStratsFor(99)).to.equal(undefined);
    expect(await database.getStratsFor(uniqueId)).to.equal(undefined);
    expect(await database.getStratFor(99)).to.equal(undefined);
    expect(await database.getConfigFor(99)).to.equal(undefined);
    expect(await database.getRawFor(99)).to.equal(undefined);
    expect(await database.getRawFor(uniqueId)).to.deep.equal([]);
    expect(await database.getAllParamsFor(99)).to.equal(undefined);
    expect(await database.getParamFor(uniqueId, 99)).to.equal(undefined);
    expect(await database.getAllOutcomesFor(99)).to.equal(undefined);
    expect(await database.getOutcomeFor(99, 1)).to.equal(undefined);
    expect(await collect(database.streamReplayFor(99))).to.deep.equal([]);
  });

  it("refuses ids that are not whole numbers from 1", async () => {
    for (const id of [0, -1, 1.5, NaN, 2 ** 31, undefined, {}]) {
      await expectCode(database.getReplayFor(id as number), "bad_argument");
      await expectCode(database.getMasterRecord(id as number), "bad_argument");
    }
    await expectCode(database.getParamFor(1, 0), "bad_argument");
  });

  it("streams more rows than a page holds, each once and in order", async () => {
    const master = await begin();
    const trials = 1203;
    await database.recordMessage(master, "tell", {
      message: { config: { x: Array.from({ length: trials }, (_, x) => x) }, outcome: Array(trials).fill(1) },
    });
    for (let count = 0; count < 60; count += 1) await database.recordMessage(master, "ask", {});
    const raws = await collect(database.streamRawFor(master.uniqueId));
    expect(raws).to.have.length(trials);
    const params = await collect(database.streamAllParamsFor(master.uniqueId));
    expect(params.map(({ paramValue }) => Number(paramValue))).to.deep.equal(
      Array.from({ length: trials }, (_, x) => x),
    );
    expect(await collect(database.streamAllOutcomesFor(master.uniqueId))).to.have.length(trials);
    const replays = await collect(database.streamReplayFor(master.uniqueId));
    expect(replays.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 62 }, (_, index) => index + 1));
  });
});

describe("fromSqlite", () => {
  it("makes an entity from a row as a SQLite tool returns it", async () => {
    const path = join(await temporaryFolder(), "test.db");
    const database = await Database.open(path);
    const { uniqueId } = await database.recordSetup({ name: "Gabor" });
    const begun = (await database.getMasterRecord(uniqueId))!;
    await database.recordMessage(begun, "tell", tell(0.5, 1));
    const master = (await database.getMasterRecord(uniqueId))!;
    const [raw] = (await database.getRawFor(master.uniqueId))!;
    await database.close();
    const [masterRow] = await readRows(path, "select * from master");
    expect(Master.fromSqlite(masterRow!)).to.be.instanceOf(Master).and.to.deep.equal(master);
    const [rawRow] = await readRows(path, "select * from raw_data");
    expect(Raw.fromSqlite({ ...rawRow, stranger: 1 })).to.deep.equal(raw);
  });
});
