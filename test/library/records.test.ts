import { readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Config, Database, DatabaseError, Master, Outcome, Param, Raw, Strat } from "../../src/index.js";
import { rebuildSession } from "../../src/maintenance/index.js";
import { collect } from "../support/checks/collect.js";
import { rejection } from "../support/checks/rejection.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute, lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const tell = (x: number, outcome: unknown) => ({ message: { config: { x: [x] }, outcome } });

/** Expects a promise to reject with a DatabaseError of this code, and gives its sentence. */
async function expectCode(promise: Promise<unknown>, code: string): Promise<string> {
  const error = await rejection(promise);
  expect(error).to.be.instanceOf(DatabaseError).with.property("code", code);
  return (error as DatabaseError).message;
}

describeOnEngines("Database's records", (engine) => {
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
    it("begins a session with what it is told", async () => {
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

    it("makes ids where none are given", async () => {
      const [one, two] = [await database.recordSetup({}), await database.recordSetup({})];
      expect(one.experimentId).to.match(/^[0-9a-f-]{36}$/);
      expect(one.participantId).to.match(/^[0-9a-f-]{36}$/);
      expect(one.sessionId).not.to.equal(two.sessionId);
    });

    it("keeps the request and its config", async () => {
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

    it("goes on with a session whose config says no number of stimuli, as one that AEPsych kept", async () => {
      const master = await begin();
      await execute(path, `update config_data set config = '{"common":{"stimuli_per_trial":"two"}}'`);
      expect(await database.recordMessage(master, "tell", tell(0.5, 1))).to.include({
        derivationError: null,
      });
      expect(await database.getRawFor(master.uniqueId)).to.have.length(1);
    });

    it("keeps a tell from which nothing can be derived, and says why", async () => {
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

    it("refuses a session that is not there, a setup, and what no message can hold", async () => {
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
    it("write a trial that no message told", async () => {
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

  describe("strats", () => {
    it("are given back as they were sent, counted from either end", async () => {
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

  it("gives the first config of a session", async () => {
    const master = await begin();
    expect(await database.recordConfig(master, "[common]\na = ${b}\nb = 3\n")).to.be.instanceOf(Config);
    expect(await database.getConfigFor(master.uniqueId)).to.deep.equal(new Map([["common", new Map()]]));
    const [, second] = await database.executeSqlQuery("select config from config_data order by unique_id");
    expect(second).to.deep.equal({ config: '{"common":{"a":"3","b":"3"}}' });
  });

  it("derives tells as rebuild would, whatever configs are recorded beside the log", async () => {
    const master = await begin();
    await database.recordConfig(master, "[common]\nstimuli_per_trial = 2\n");
    await database.recordMessage(master, "tell", { message: { config: { x: [1, 2] }, outcome: [0, 1] } });
    expect(await database.getRawFor(master.uniqueId)).to.have.length(2);
    const check = await database.readScope((manager) => rebuildSession(manager, master.uniqueId, "check"));
    expect(check.isDifferent).to.equal(false);
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

  it("answers undefined for a session or trial that is not there", async () => {
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

  it("refuses what is no unique_id", async () => {
    for (const id of [0, -1, 1.5, NaN, 2 ** 31, undefined, {}]) {
      await expectCode(database.getReplayFor(id as number), "bad_argument");
      await expectCode(database.getMasterRecord(id as number), "bad_argument");
    }
    await expectCode(database.getParamFor(1, 0), "bad_argument");
  });

  it("refuses arguments of another form than is said", async () => {
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

  it("does not say of what is written that it may be written again, where it cannot be read", async () => {
    const master = await begin();
    await database.getEngine().destroy();
    await database.recordRaw(master, true);
    await expectCode(begin(), "stored");
    await database.close();
    database = await Database.open(path);
    expect(await database.getRawFor(master.uniqueId)).to.have.length(1);
    expect(await database.getMasterRecords()).to.have.length(2);
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

  describe("executeSqlQuery", () => {
    it("binds named values, and leaves colons in texts alone", async () => {
      await begin();
      expect(
        await database.executeSqlQuery(
          "select experiment_name as name, ':not' as \"a:b\" from master where experiment_id = :id -- :nor\n",
          { id: "e1" },
        ),
      ).to.deep.equal([{ name: "Gabor", "a:b": ":not" }]);
    });

    it("refuses values and parameters that do not match", async () => {
      await expectCode(database.executeSqlQuery("select :a"), "bad_argument");
      await expectCode(database.executeSqlQuery("select 1", { a: 1 }), "bad_argument");
    });

    it("says what is wrong with a query, and goes on", async () => {
      expect(
        await expectCode(database.executeSqlQuery("select nothing from master"), "bad_query"),
      ).to.include("nothing");
      expect(await database.executeSqlQuery("select 1 as one")).to.deep.equal([{ one: 1 }]);
    });

    for (const statement of [
      "delete from master",
      "update master set last_seq = 0",
      "drop table outcome_data",
      "create table mine (a integer)",
    ]) {
      it(`does not run: ${statement}`, async () => {
        const master = await begin();
        await expectCode(database.executeSqlQuery(statement), "bad_query");
        expect(await database.getMasterRecord(master.uniqueId)).to.deep.equal(master);
      });
    }
  });

  describe("sessionScope", () => {
    it("undoes everything when its work fails, and passes the error on", async () => {
      const failure = new Error("no");
      const scope = database.sessionScope(async (manager) => {
        await manager.query("insert into master (session_id, last_seq) values ('x', 0)");
        throw failure;
      });
      expect(await rejection(scope)).to.equal(failure);
      expect(await database.getMasterRecords()).to.deep.equal([]);
    });

    it("says what is wrong with a statement of the work, and goes on", async () => {
      const scope = database.sessionScope((manager) => manager.query("insert into nowhere values (1)"));
      expect(String(await rejection(scope))).to.include("nowhere");
      expect(await begin()).to.be.instanceOf(Master);
    });
  });

  it("shares a file with another one, and neither loses anything", async () => {
    const other = await Database.open(path);
    const master = await begin();
    await Promise.all(
      [database, other].flatMap((one) =>
        Array.from({ length: 100 }, (_, x) => one.recordMessage(master, "tell", tell(x, 1))),
      ),
    );
    await other.close();
    const seqs = (await database.getReplayFor(master.uniqueId))!.map(({ seq }) => seq);
    expect(seqs).to.deep.equal(Array.from({ length: 201 }, (_, index) => index + 1));
    expect(await database.getRawFor(master.uniqueId)).to.have.length(200);
  });

  describe("opened to read", () => {
    it("reads, and refuses to write", async () => {
      const master = await begin();
      const reader = await Database.open(path, { readOnly: true });
      expect(await reader.getMasterRecords()).to.deep.equal([master]);
      await expectCode(reader.recordSetup({}), "read_only");
      await expectCode(
        reader.sessionScope(() => Promise.resolve()),
        "read_only",
      );
      await expectCode(reader.deleteDb(), "read_only");
      await reader.close();
    });
  });

  it("takes every table away with deleteDb, and can begin anew", async () => {
    await begin();
    await database.deleteDb();
    database = await Database.open(path);
    expect(await database.getMasterRecords()).to.deep.equal([]);
  });

  it("refuses everything when it is closed", async () => {
    await database.close();
    await expectCode(database.getMasterRecords(), "closed");
    await expectCode(database.recordSetup({}), "closed");
    await expectCode(database.executeSqlQuery("select 1"), "closed");
  });
});

describe("Database's file", () => {
  let path: string;
  let database: Database;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "test.db");
    database = await Database.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor" });

  describe("opened to read", () => {
    it("leaves the file as it is, byte for byte", async () => {
      await begin();
      await database.close();
      const before = await readFile(path);
      const reader = await Database.open(path, { readOnly: true });
      await reader.getMasterRecords();
      await reader.close();
      expect(await readFile(path)).to.deep.equal(before);
    });

    it("makes no file, and refuses one that holds nothing", async () => {
      await expectCode(Database.open(`${path}.missing`, { readOnly: true }), "cannot_open");
      expect(await stat(`${path}.missing`).catch(() => undefined)).to.equal(undefined);
      await execute(`${path}.empty`, "");
      await expectCode(Database.open(`${path}.empty`, { readOnly: true }), "not_a_database");
    });
  });

  describe("executeSqlQuery", () => {
    for (const statement of ["begin", "create temporary table master (unique_id integer)"]) {
      it(`leaves nothing of: ${statement}`, async () => {
        await database.executeSqlQuery(statement);
        const master = await begin();
        expect(await database.getMasterRecords()).to.deep.equal([master]);
      });
    }

    it("writes no other file", async () => {
      const other = join(await temporaryFolder(), "other.db");
      await expectCode(database.executeSqlQuery("vacuum into :other", { other }), "bad_query");
      await expectCode(database.executeSqlQuery("attach :other as other", { other }), "bad_query");
      expect(await stat(other).catch(() => undefined)).to.equal(undefined);
    });

    it("refuses a query that says nothing", async () => {
      await expectCode(database.executeSqlQuery(""), "bad_query");
    });
  });

  describe("deleteDb", () => {
    it("takes the file and what stood beside it away", async () => {
      await begin();
      await database.deleteDb();
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        expect(await stat(file).catch(() => undefined)).to.equal(undefined);
      }
    });

    it("takes away the file that a link leads to", async () => {
      await begin();
      await database.close();
      const link = join(await temporaryFolder(), "link.db");
      await symlink(path, link);
      const linked = await Database.open(link);
      await linked.deleteDb();
      expect(await stat(path).catch(() => undefined)).to.equal(undefined);
    });

    it("leaves a file that another program has open", async () => {
      await begin();
      const unlock = await lockWriters(path);
      const other = await Database.open(path, { readOnly: true });
      await unlock();
      await other.getMasterRecords();
      await expectCode(database.deleteDb(), "in_use");
      await other.close();
      expect(await readRows(path, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
    });
  });
});

describe("fromSqlite", () => {
  it("makes an entity of a row as a SQLite tool reads it", async () => {
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
