import { expect } from "chai";
import type { ReadOnlyStore } from "../../src/database/index.js";
import type { Daemon } from "../../src/index.js";
import { type SessionFilter, findSession, readSession, streamSessions } from "../../src/queries/index.js";
import { Client } from "../../harness/client.js";
import { describeOnEngines } from "../../harness/engines.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { collect } from "../support/checks/collect.js";
import { startReadable } from "../support/database/readers.js";
import { rejection } from "../support/checks/rejection.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { execute } from "../../harness/rows.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "aaaabbbb-0000-4000-8000-000000000002";
const third = "1234cccc-0000-4000-8000-000000000003";

const fourth = "dddddddd-0000-4000-8000-000000000004";
const fifth = "eeeeeeee-0000-4000-8000-000000000005";

describeOnEngines("sessions", (engine) => {
  let daemon: Daemon;
  let database: ReadOnlyStore;

  beforeEach(async () => {
    ({ daemon, database } = await startReadable(await engine.makeReadyLocation()));
  });

  const recordThree = async () => {
    const more = { experiment_name: "contrast", experiment_id: "e1", room: "2" };
    await sendAll(daemon, [
      setupOf(first, { ...more, participant_id: "P1" }),
      tellOf({ x: [0.5] }, 1),
      tellOf({ x: [1, 2] }, [0, 1]),
    ]);
    await sendAll(daemon, [
      setupOf(second, { experiment_name: "pitch", experiment_id: "e1", participant_id: "P2" }),
    ]);
    await sendAll(daemon, [setupOf(third, { participant_id: "P1" }), { type: "exit" }]);
  };
  const idsOf = async (filter: SessionFilter = {}, after = 0) =>
    (await collect(streamSessions(database, filter, after))).map(({ session_id }) => session_id);

  it("are listed with their counts and times, in the order in which they were started", async () => {
    await recordThree();
    const [one, two, three, ...more] = await collect(streamSessions(database));
    expect(more).to.deep.equal([]);
    const { first_at, last_at, ...rest } = one!;
    expect(rest).to.deep.equal({
      session_id: first,
      unique_id: 1,
      experiment_name: "contrast",
      experiment_description: null,
      experiment_id: "e1",
      participant_id: "P1",
      source: null,
      messages: 3,
      trials: 3,
      underivable: 0,
      rejected: 0,
      live: true,
      extra_metadata: new Map([["room", "2"]]),
    });
    expect(first_at).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(last_at! >= first_at!).to.equal(true);
    expect(two).to.include({ session_id: second, messages: 1, trials: 0, live: true });
    expect(three).to.include({ session_id: third, messages: 2, trials: 0, live: false });
  });

  it("are not live ten minutes after their last message", async () => {
    await recordThree();
    allowDifference("changes when messages came");
    const [one] = await collect(streamSessions(database));
    const before = new Date(Date.parse(one!.last_at!) - 11 * 60_000).toISOString();
    await execute(
      daemon.options.db,
      `update replay_data set timestamp = '${before}' where master_table_id = 1`,
    );
    expect(await collect(streamSessions(database))).to.have.nested.property("[0].live", false);
  });

  it("are selected by each filter, and by all together", async () => {
    await recordThree();
    expect(await idsOf({ experiment: "e1" })).to.deep.equal([first, second]);
    expect(await idsOf({ participant: "P1" })).to.deep.equal([first, third]);
    expect(await idsOf({ name: "pitch" })).to.deep.equal([second]);
    expect(await idsOf({ experiment: "e1", participant: "P1", name: "contrast" })).to.deep.equal([first]);
    expect(await idsOf({ experiment: "' or 1=1 --" })).to.deep.equal([]);
    expect(await idsOf({}, 1)).to.deep.equal([second, third]);
  });

  it("are selected by the id or the name of an experiment, which are both named where they differ", async () => {
    await recordThree();
    await sendAll(daemon, [setupOf(fourth, { experiment_name: "e1", experiment_id: "e2" })]);
    await sendAll(daemon, [setupOf(fifth, { experiment_name: "same", experiment_id: "same" })]);
    expect(await idsOf({ experiment: "pitch" })).to.deep.equal([second]);
    expect(await idsOf({ experiment: "same" })).to.deep.equal([fifth]);
    expect(await idsOf({ experiment: "id:e1" })).to.deep.equal([first, second]);
    expect(await idsOf({ experiment: "name:e1" })).to.deep.equal([fourth]);
    const error = await rejection(idsOf({ experiment: "e1" }));
    expect(error).to.include({ code: "ambiguous_experiment" });
    expect((error as Error).message)
      .to.include("(id:e1)")
      .and.to.include("(name:e1)");
  });

  it("are selected by the time at which they were started", async () => {
    await recordThree();
    allowDifference("changes when messages came");
    await execute(
      daemon.options.db,
      `update replay_data set timestamp = '2021-05-04 10:11:12.131415' where master_table_id = 1 and seq = 1;
       update replay_data set timestamp = '2022-01-01T00:00:00.000Z' where master_table_id = 2 and seq = 1`,
    );
    expect(await idsOf({ from: "2021-05-04T10:11:12.132Z", to: "2022-01-01" })).to.deep.equal([second]);
    expect(await idsOf({ from: "2021-05-04", to: "2021-05-04" })).to.deep.equal([first]);
    expect(await idsOf({ from: "2022-01-02" })).to.deep.equal([third]);
  });

  it("are listed page by page", async () => {
    const client = await Client.connect(daemon.url);
    for (let n = 0; n < 101; n += 1) client.send({ type: "setup", message: { experiment_name: `s${n}` } });
    for (let n = 0; n < 101; n += 1) await client.reply();
    const names = (await collect(streamSessions(database))).map(({ experiment_name }) => experiment_name);
    expect(names).to.deep.equal(Array.from({ length: 101 }, (_, n) => `s${n}`));
  });

  it("are empty in an empty database", async () => {
    expect(await idsOf()).to.deep.equal([]);
    for (const name of ["last", "1", first, ""]) {
      expect(await rejection(findSession(database, name))).to.include({ code: "unknown_session" });
    }
  });

  it("are not found by an address, which the error does not repeat", async () => {
    const error = await rejection(findSession(database, "postgres://user:secret@localhost/lab"));
    expect(error).to.include({ code: "bad_argument" });
    expect(error).property("message").not.to.include("secret");
  });

  it("are found by id, beginning of an id, unique_id and last", async () => {
    await recordThree();
    for (const [name, id] of [
      [first, first],
      [second.toUpperCase(), second],
      ["aaaab", second],
      ["AAAAB", second],
      ["3", third],
      ["unique_id:1", first],
      ["1234c", third],
      ["id:1234", third],
      ["id:AAAAB", second],
      [`id:${first}`, first],
      ["last", third],
    ] as const) {
      expect((await findSession(database, name)).session_id, name).to.equal(id);
    }
  });

  it("are not found by a name that fits none or several", async () => {
    await recordThree();
    for (const name of [
      "",
      "zzz",
      "99",
      "01",
      "a%",
      "aaaa\0",
      "a'",
      "-1",
      "1.0",
      "99999999999999999999",
      "id:",
      "id:last",
      "unique_id:",
      "unique_id:0",
      "unique_id:1234c",
      "unique_id:last",
      "unique_id:99999999999999999999",
      "#1",
    ]) {
      const error = await rejection(findSession(database, name));
      expect(error, name).to.include({ code: "unknown_session" });
    }
    const several = await rejection(findSession(database, "aaaa"));
    expect(several).to.include({ code: "ambiguous_session" });
    expect((several as Error).message)
      .to.include(first)
      .and.to.include(second);
  });

  it("are not found by digits that are a unique_id and the beginning of another id: both readings are named", async () => {
    await recordThree();
    const error = await rejection(findSession(database, "1"));
    expect(error).to.include({ code: "ambiguous_session" });
    expect((error as Error).message)
      .to.include(`${first} (unique_id:1)`)
      .and.to.include(`${third} (id:1)`);
  });

  it("are not found by digits that only begin an id, which the error says", async () => {
    await recordThree();
    const error = await rejection(findSession(database, "123"));
    expect(error).to.include({ code: "unknown_session" });
    expect((error as Error).message).to.include(`${third} (id:123)`);
  });

  it("are found by digits that are the unique_id and the beginning of the id of the same session", async () => {
    await sendAll(daemon, [setupOf("10000000-0000-4000-8000-000000000001")]);
    expect(await findSession(database, "1")).to.include({ unique_id: 1 });
  });

  it("are read with their config and metadata", async () => {
    await recordThree();
    const session = await readSession(database, first);
    expect(session.extra_metadata).to.deep.equal(new Map([["room", "2"]]));
    expect((session.config as Map<string, unknown>).get("common")).to.deep.equal(
      new Map([["parnames", "[x]"]]),
    );
    expect(session).to.include({ session_id: first, messages: 3, trials: 3 });
  });

  it("are read with the text of columns that do not hold JSON", async () => {
    await recordThree();
    await execute(daemon.options.db, "update master set extra_metadata = '{broken' where unique_id = 1");
    expect(await readSession(database, first)).to.have.property("extra_metadata", "{broken");
  });
});
