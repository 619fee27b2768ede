import { join } from "node:path";
import { expect } from "chai";
import type { ReadOnlyStore } from "../../../src/database/index.js";
import { type Daemon, Database } from "../../../src/index.js";
import {
  readStrat,
  readTrialColumns,
  streamStrats,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../../../src/queries/index.js";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { allowDifference } from "../../support/checks/rebuild.js";
import { sendAll, setupOf, tellOf } from "../../support/client/send-all.js";
import { collect } from "../../support/checks/collect.js";
import { openToRead, startReadable } from "../../support/database/readers.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute } from "../../../harness/rows.js";
import { meetStatements } from "../../../harness/upgrade/meet-statements.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

const session = "aaaaaaaa-0000-4000-8000-000000000001";
const other = "bbbbbbbb-0000-4000-8000-000000000002";

describeOnEngines("trials", (engine) => {
  let daemon: Daemon;
  let database: ReadOnlyStore;

  beforeEach(async () => {
    ({ daemon, database } = await startReadable(await engine.makeReadyLocation()));
  });

  const trialsOf = (masterId = 1, after = 0) => collect(streamTrials(database, masterId, after));

  it("have their extra data even if it is large", async () => {
    const traces = ["a", "é", "c", "d"].map((letter) => letter.repeat(150_000));
    await sendAll(daemon, [
      setupOf(session),
      tellOf({ x: [1] }, 1),
      ...traces.map((trace) => tellOf({ x: [1] }, 1, { trace })),
      tellOf({ x: [1] }, 1),
    ]);
    const trials = await trialsOf();
    expect(trials.map(({ trial }) => trial)).to.deep.equal([1, 2, 3, 4, 5, 6]);
    const found = trials.map(({ extra_data }) => (extra_data as Map<string, string> | null)?.get("trace"));
    expect(found).to.deep.equal([undefined, ...traces, undefined]);
    expect((await trialsOf(1, 3)).map(({ trial }) => trial)).to.deep.equal([4, 5, 6]);
  });

  it("have their parameters, outcomes and extra data", async () => {
    await sendAll(daemon, [
      setupOf(session),
      { type: "ask" },
      tellOf({ x: [0.5], side: ["left"], on: [true], none: [null] }, { seen: 1, said: "yes" }, { rt: 0.4 }),
      { type: "tell", message: { config: { x: [1] }, outcome: null, model_data: false } },
    ]);
    const [one, two] = await trialsOf();
    const { timestamp, ...rest } = one!;
    expect(rest).to.deep.equal({
      trial: 1,
      seq: 3,
      occurred_at: null,
      clock_uncertainty_ms: null,
      model_data: true,
      parameters: new Map<string, unknown>([
        ["x", 0.5],
        ["side", "left"],
        ["on", true],
        ["none", null],
      ]),
      outcomes: new Map<string, unknown>([
        ["seen", 1],
        ["said", "yes"],
      ]),
      extra_data: new Map([["rt", 0.4]]),
    });
    expect(timestamp).to.match(/Z$/);
    expect(two).to.deep.include({
      trial: 2,
      seq: 4,
      model_data: false,
      outcomes: new Map([["outcome", null]]),
      extra_data: null,
    });
  });

  it("belong to one session only, in the order of its messages", async () => {
    const clients = [await Client.connect(daemon.url), await Client.connect(daemon.url)] as const;
    await clients[0].request(setupOf(session));
    await clients[1].request(setupOf(other));
    for (let n = 0; n < 4; n += 1) await clients[n % 2]?.request(tellOf({ x: [n, n + 10] }, [1, 1]));
    const seen = (await trialsOf(2)).map(({ trial, seq, parameters }) => [trial, seq, parameters.get("x")]);
    expect(seen).to.deep.equal([
      [1, 2, 1],
      [2, 2, 11],
      [3, 3, 3],
      [4, 3, 13],
    ]);
  });

  it("are read page by page, starting at any number", async () => {
    const x = Array.from({ length: 1203 }, (_, n) => n);
    await sendAll(daemon, [
      setupOf(session),
      tellOf(
        { x },
        x.map(() => 1),
      ),
    ]);
    const numbers = (await trialsOf()).map(({ trial, parameters }) => [trial, parameters.get("x")]);
    expect(numbers).to.deep.equal(x.map((n) => [n + 1, n]));
    for (const after of [1, 500, 1202, 1203, 5000]) {
      expect((await trialsOf(1, after)).map(({ trial }) => trial)).to.deep.equal(
        x.map((n) => n + 1).filter((n) => n > after),
      );
    }
  });

  it("without a message come first", async () => {
    await sendAll(daemon, [setupOf(session), tellOf({ x: [1] }, 1)]);
    const writer = await Database.open(daemon.options.db);
    const [master] = await writer.getMasterRecords();
    for (const value of [7, 8]) {
      const raw = await writer.recordRaw(master!, false, { extraData: { by: "hand" } });
      await writer.recordParam(raw, "x", value);
      await writer.recordParam(raw, "x", "again");
      await writer.recordOutcome(raw, "y", null);
    }
    await writer.close();
    const trials = await trialsOf();
    expect(trials.map(({ trial, seq, parameters }) => [trial, seq, parameters.get("x")])).to.deep.equal([
      [1, null, 7],
      [2, null, 8],
      [3, 2, 1],
    ]);
    expect(trials[0]?.parameters.get("x_2")).to.equal("again");
    for (const after of [1, 2]) expect(await trialsOf(1, after)).to.deep.equal(trials.slice(after));
  });

  it("are empty for a session without trials", async () => {
    await sendAll(daemon, [setupOf(session)]);
    expect(await trialsOf()).to.deep.equal([]);
    expect(await rejection(trialsOf(77))).to.include({ code: "unknown_session" });
    const { columns, trials } = await readTrialColumns(database, [1], trialHeadings);
    // The config of the session names x.
    expect(columns).to.deep.equal([{ heading: "x", kind: "parameter", name: "x" }]);
    expect([...trials]).to.deep.equal([[1, 0]]);
  });

  it("have the text of extra data that is not JSON", async () => {
    allowDifference("writes extra data");
    await sendAll(daemon, [setupOf(session), tellOf({ x: [1] }, 1)]);
    await execute(daemon.options.db, "update raw_data set extra_data = 'note'");
    expect((await trialsOf())[0]?.extra_data).to.equal("note");
  });

  it("of several sessions share columns with unique headings", async () => {
    await sendAll(daemon, [
      setupOf(session),
      tellOf({ x: [1], X: [2], trial: [3] }, { seq: 1, x: 2 }, { rt: 0.4, session_id: "mine" }),
      tellOf({ z: [1] }, 1),
    ]);
    await sendAll(daemon, [setupOf(other), tellOf({ y: [1] }, 1, { "tab\tline\n": 1, x: 5 })]);
    const own = ["session_id", ...trialHeadings];
    const { columns, trials } = await readTrialColumns(database, [1, 2], own);
    expect(columns.map(({ heading }) => heading)).to.deep.equal([
      "x",
      "parameter_X",
      "parameter_trial",
      "z",
      "y",
      "outcome_seq",
      "outcome_x",
      "outcome",
      "rt",
      "extra_data_session_id",
      "tab\tline\n",
      "extra_data_x",
    ]);
    expect([...trials]).to.deep.equal([
      [1, 2],
      [2, 1],
    ]);
    const [last] = await trialsOf(2);
    const blank = null;
    expect(widenTrial(last!, columns).slice(trialHeadings.length)).to.deep.equal([
      ...[blank, blank, blank, blank, 1],
      ...[blank, blank, 1],
      ...[blank, blank, 1, 5],
    ]);
  });
});

describeOnEngines("strats", (engine) => {
  it("are listed, and each is returned as it was stored", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const strats = [{ model: [1, 2] }, "text", { text: "x\0y" }];
    await sendAll(daemon, [setupOf(session), ...strats.map((message) => ({ type: "strat", message }))]);
    const database = await openToRead(daemon.options.db);
    const entries = await collect(streamStrats(database, 1));
    expect(entries.map(({ position, seq }) => [position, seq])).to.deep.equal([
      [0, 2],
      [1, 3],
      [2, 4],
    ]);
    expect(await readStrat(database, 1, 0)).to.deep.equal(new Map([["model", [1, 2]]]));
    expect(await readStrat(database, 1, 1)).to.equal("text");
    expect(await readStrat(database, 1, -1)).to.deep.equal(new Map([["text", "x\0y"]]));
    for (const position of [3, -4]) {
      expect(await rejection(readStrat(database, 1, position))).to.include({ code: "unknown_strat" });
    }
  });
});

describe("trials of a SQLite file", () => {
  let daemon: Daemon;
  let database: ReadOnlyStore;
  let stopMeeting: () => void = () => undefined;

  beforeEach(async () => {
    ({ daemon, database } = await startReadable(join(await temporaryFolder(), "test.db")));
  });
  afterEach(() => {
    stopMeeting();
  });

  const readsParameters = (sql: string) => sql.includes("param_value from param_data");

  for (const [what, config] of [
    ["large", { x: ["long".repeat(50_000)] }],
    ["many", Object.fromEntries(Array.from({ length: 3000 }, (_, n) => [`x${n}`, [n]]))],
  ] as const) {
    it(`are not read together if their parameters are ${what}`, async () => {
      await sendAll(daemon, [setupOf(session), ...Array.from({ length: 3 }, () => tellOf(config, 1))]);
      let reads = 0;
      stopMeeting = meetStatements((_file, sql, run) => {
        if (readsParameters(sql)) reads += 1;
        run();
      });
      expect(await collect(streamTrials(database, 1))).to.have.lengthOf(3);
      expect(reads).to.equal(3);
    });
  }

  it("are complete, or left out, if deleted while they are read", async () => {
    await sendAll(daemon, [setupOf(session), tellOf({ x: [1] }, 1)]);
    stopMeeting = meetStatements((_file, sql, run) => {
      if (!readsParameters(sql)) {
        run();
        return;
      }
      stopMeeting();
      const tables = ["outcome_data", "param_data", "raw_data"];
      void execute(daemon.options.db, tables.map((table) => `delete from ${table}`).join("; ")).then(run);
    });
    allowDifference("its trials are deleted by hand");
    expect(await collect(streamTrials(database, 1))).to.deep.equal([]);
  });

  it("end with an error if their session was deleted", async () => {
    await sendAll(daemon, [setupOf(session), tellOf({ x: [1, 2] }, [1, 1])]);
    const trials = streamTrials(database, 1);
    expect((await trials.next()).value).to.include({ trial: 1 });
    const tables = ["outcome_data", "param_data", "raw_data", "config_data", "replay_data", "master"];
    await execute(daemon.options.db, tables.map((table) => `delete from ${table}`).join("; "));
    expect(await rejection(collect(trials))).to.include({ code: "unknown_session" });
  });
});
