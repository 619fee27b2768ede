import { expect } from "chai";
import type { WriteQueue } from "../../../src/database/writing/index.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { allowDifference } from "../../support/checks/rebuild.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue's rows", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());
  let queue: WriteQueue;

  async function open(): Promise<void> {
    queue = await fixture.open();
  }

  it("rejects a message for a session that does not exist, and stores its frame", async () => {
    await open();
    expect(await queue.submit(tellWrite("nowhere", 1))).to.include({
      kind: "rejected",
      code: "unknown_session",
    });
    expect(await readRows(fixture.location, "select code, master_table_id from rejected_data")).to.deep.equal(
      [{ code: "unknown_session", master_table_id: null }],
    );
  });

  it("writes every row of a tell of 10,000 trials", async () => {
    allowDifference("submits trials that its message does not say");
    await open();
    await queue.submit(setupWrite("s1"));
    const [trial] = tellWrite("s1", 1).trials;
    const write = { ...tellWrite("s1", 1), trials: Array.from({ length: 10_000 }, () => trial!) };
    expect(storedOf(await queue.submit(write)).trials).to.equal(10_000);
    const [counts] = await readRows(
      fixture.location,
      `select (select count(*) from raw_data) as raws, (select count(distinct iteration_id) from param_data) as params,
       (select count(distinct iteration_id) from outcome_data) as outcomes`,
    );
    expect(counts).to.deep.equal({ raws: 10_000, params: 10_000, outcomes: 10_000 });
  });

  it("keeps parameters and outcomes with their own trial", async () => {
    allowDifference("submits trials that its message does not say");
    await open();
    await queue.submit(setupWrite("s1"));
    const trials = Array.from({ length: 300 }, (_, trial) => ({
      modelData: true,
      extraData: JSON.stringify({ trial }),
      params: Array.from({ length: trial % 4 }, (_, index) => ({
        name: `p${index}`,
        value: String(trial),
        number: trial,
      })),
      outcomes: [{ name: "o", value: trial, text: null }],
    }));
    await queue.submit({ ...tellWrite("s1", 1), trials });
    const rows = await readRows(
      fixture.location,
      `select extra_data, outcome_value,
       (select string_agg(param_value, ',') from param_data where iteration_id = raw_data.unique_id) as params
       from raw_data join outcome_data on iteration_id = raw_data.unique_id order by raw_data.unique_id`,
    );
    const expected = trials.map(({ extraData }, trial) => ({
      extra_data: extraData,
      outcome_value: trial,
      params: trial % 4 === 0 ? null : Array.from({ length: trial % 4 }, () => trial).join(","),
    }));
    expect(rows).to.deep.equal(expected);
  });

  it("writes U+FFFD for U+0000 in text columns", async () => {
    await open();
    await queue.submit(setupWrite("s1"));
    await queue.submit(tellWrite("s1", "a\0b"));
    expect(await readRows(fixture.location, "select outcome_text from outcome_data")).to.deep.equal([
      { outcome_text: "a\uFFFDb" },
    ]);
  });
});
