import { expect } from "chai";
import { rebuildLiveSession, rebuildSession } from "../../../src/maintenance/index.js";
import { type MessageWrite, deriveTrials } from "../../../src/derivation/index.js";
import { Store } from "../../../src/database/index.js";
import { type ValueMap, parseJson } from "../../../src/protocol/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { allowDifference, expectDerived } from "../../support/checks/rebuild.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute, lockWriters, readRows } from "../../../harness/rows.js";
import { receive, setupWrite, tellWrite } from "../../support/database/writes.js";

const deleteTrials = "delete from param_data; delete from outcome_data; delete from raw_data";

describeOnEngines("rebuildLiveSession", (engine) => {
  let location: string;
  let database: Store;

  beforeEach(async () => {
    location = await engine.makeReadyLocation();
    database = await Store.open(location);
    await database.submit(setupWrite("s1"));
    for (const outcome of [1, 0, 1]) await database.submit(tellWrite("s1", outcome));
  });

  afterEach(async () => {
    await database.close();
  });

  const rebuild = () => rebuildLiveSession(database, 1);

  /** Rebuilds, and runs `meanwhile` between the comparison and the transaction. */
  const rebuildAfter = (meanwhile: () => Promise<unknown>) =>
    rebuildLiveSession(
      {
        readScope: (work) => database.readScope(work),
        sessionScope: async (work) => {
          await meanwhile();
          return database.sessionScope(work);
        },
      },
      1,
    );

  const readIds = () =>
    readRows(location, "select unique_id, replay_table_id from raw_data order by unique_id");

  it("locks nothing if nothing differs", async () => {
    const unlock = await lockWriters(location);
    try {
      expect(await rebuild()).to.include({ isDifferent: false, tells: 3, trialsEqual: 3 });
    } finally {
      await unlock();
    }
  });

  it("writes the differences and leaves other trials untouched", async () => {
    await execute(location, "update outcome_data set outcome_value = 7 where iteration_id = 2");
    await execute(
      location,
      "delete from param_data where iteration_id = 3; delete from outcome_data where iteration_id = 3; delete from raw_data where unique_id = 3",
    );
    expect(await rebuild()).to.include({ tells: 3, trialsEqual: 1, trialsAdded: 2, trialsRemoved: 1 });
    const [first, second, third] = await readIds();
    expect([first, second]).to.deep.equal([
      { unique_id: 1, replay_table_id: 2 },
      { unique_id: 2, replay_table_id: 3 },
    ]);
    expect(third).to.include({ replay_table_id: 4 });
    await expectDerived(location);
  });

  it("includes messages that arrive after the comparison", async () => {
    await execute(location, deleteTrials);
    const session = await rebuildAfter(async () => {
      await database.submit(setupWrite("s2"));
      await database.submit(tellWrite("s1", 1));
      await execute(location, "update outcome_data set outcome_value = 7");
    });
    expect(session).to.include({ tells: 4, trialsAdded: 4, trialsRemoved: 1 });
    await expectDerived(location);
  });

  it("adds nothing that another rebuild added after the comparison", async () => {
    await execute(location, deleteTrials);
    const session = await rebuildAfter(rebuild);
    expect(session).to.include({ tells: 3, trialsEqual: 3, trialsAdded: 0 });
    expect(await readIds()).to.have.length(3);
    await expectDerived(location);
  });

  it("matches trials written without a message, even after the comparison", async () => {
    const unlink = () => execute(location, "update raw_data set replay_table_id = null");
    await execute(location, "update outcome_data set outcome_value = 7 where iteration_id = 2");
    const session = await rebuildAfter(unlink);
    expect(session).to.include({ isDifferent: false, trialsAdded: 0 });
    expect(session.kept).to.have.length(1);
    expect(await rebuild()).to.deep.equal(session);
  });

  it("fills the extra_data of trials written without a message", async () => {
    await database.submit(tellWithNote("noted"));
    await execute(location, "update raw_data set replay_table_id = null, extra_data = null");
    expect(await rebuild()).to.include({ extraDataFilled: 1, trialsEqual: 4 });
    expect(await readRows(location, "select extra_data from raw_data where unique_id = 4")).to.deep.equal([
      { extra_data: '{"note":"noted"}' },
    ]);
  });

  it("rebuilds more than a comparison keeps in memory", async () => {
    for (let tells = 0; tells < 17; tells += 1) await database.submit(tellWithNote("n".repeat(1024 * 1024)));
    await execute(location, deleteTrials);
    expect(await rebuild()).to.include({ tells: 20, trialsAdded: 20, trialsEqual: 0 });
    expect(await readRows(location, "select count(*) as n from raw_data")).to.deep.equal([{ n: 20 }]);
    await expectDerived(location);
  });

  it("derives messages after the comparison with the last setup before them", async () => {
    const sql = (seq: number, type: string, contents: object) =>
      `insert into replay_data (message_type, message_contents, master_table_id, seq, message_id)
       values ('${type}', ${bytes(JSON.stringify(contents))}, 1, ${seq}, 'm${seq}')`;
    const bytes = (text: string) => {
      const hex = Buffer.from(text).toString("hex");
      return engine.name === "SQLite" ? `x'${hex}'` : `'\\x${hex}'`;
    };
    const config = "[common]\nstimuli_per_trial = 2\n";
    await execute(location, sql(5, "setup", { type: "setup", message: { config_str: config } }));
    await execute(location, "update outcome_data set outcome_value = 7 where iteration_id = 1");
    await execute(location, sql(6, "tell", pair));
    await rebuildAfter(() => execute(location, sql(7, "tell", pair)));
    const names = await readRows(
      location,
      "select param_name from param_data where iteration_id > 3 order by unique_id",
    );
    expect(names.map(({ param_name }) => param_name)).to.deep.equal([
      "x_stimuli0",
      "x_stimuli1",
      "x_stimuli0",
      "x_stimuli1",
    ]);
    await expectDerived(location);
  });

  it("rolls back when it fails", async () => {
    allowDifference("the trials that it deletes are not written again");
    await execute(location, deleteTrials);
    const failed = rebuildLiveSession(
      {
        readScope: (work) => database.readScope(work),
        sessionScope: (work) =>
          database.sessionScope(async (manager) => {
            await work(manager);
            throw new Error("mine");
          }),
      },
      1,
    );
    expect(await rejection(failed)).to.have.property("message", "mine");
    expect(await readIds()).to.deep.equal([]);
  });

  it("reports the same as a rebuild under the lock", async () => {
    await execute(location, "update outcome_data set outcome_value = 7 where iteration_id = 2");
    const expected = await database.readScope((manager) => rebuildSession(manager, 1, "check"));
    expect(await rebuild()).to.deep.equal(expected);
  });

  it("refuses a session that does not exist", async () => {
    expect(await rejection(rebuildLiveSession(database, 9))).to.have.property("code", "unknown_session");
  });
});

const pair = { type: "tell", message: { config: { x: [1, 2] }, outcome: 1 } };

function tellWithNote(note: string): MessageWrite {
  const message = { config: { x: 1 }, outcome: 1, note };
  const read = parseJson(JSON.stringify(message)) as ValueMap;
  return {
    kind: "message",
    message: receive({ type: "tell", message }),
    sessionId: "s1",
    trials: deriveTrials(read, undefined, { stimuliPerTrial: 1, outcomeNames: [] }),
    derivationError: null,
    isStrat: false,
  };
}
