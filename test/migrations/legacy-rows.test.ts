import { expect } from "chai";
import { codingOf, decodeFrame, parseTaggedJson } from "../../src/protocol/index.js";
import { readRows } from "../../harness/rows.js";
import { fileOf, pickled, upgradeChanged } from "../support/files/legacy.js";

const uuid = /^[0-9a-f-]{36}$/;

describe("the migration of unusual rows of AEPsych", () => {
  it("gives messages, strats and configs without a session one of their own", async () => {
    const path = await upgradeChanged(
      0,
      `update strat_data set master_table_id = 99 where unique_id = 1;
       update config_data set master_table_id = null where unique_id = 1`,
    );
    const [master] = await readRows(path, "select * from master where unique_id = 3");
    expect(master).to.include({ experiment_name: null, experiment_id: null, source: "AEPsych", last_seq: 1 });
    expect(master?.["session_id"]).to.match(uuid);
    expect(await readRows(path, "select unique_id from strat_data where master_table_id = 3")).to.deep.equal([
      { unique_id: 1 },
    ]);
    expect(await readRows(path, "select unique_id from config_data where master_table_id = 3")).to.deep.equal(
      [{ unique_id: 1 }],
    );
  });

  it("gives parameters and outcomes without a trial one of their own", async () => {
    const path = await upgradeChanged(
      2,
      `update param_data set iteration_id = null where unique_id = 1;
       update outcome_data set iteration_id = 77 where unique_id = 2`,
    );
    const [raw] = await readRows(
      path,
      "select raw_data.*, experiment_name from raw_data join master on master.unique_id = master_table_id where raw_data.unique_id = 7",
    );
    expect(raw).to.include({ timestamp: null, model_data: null, experiment_name: null });
    expect(await readRows(path, "select unique_id from param_data where iteration_id = 7")).to.deep.equal([
      { unique_id: 1 },
    ]);
    expect(await readRows(path, "select unique_id from outcome_data where iteration_id = 7")).to.deep.equal([
      { unique_id: 2 },
    ]);
    expect(await readRows(path, "pragma foreign_key_check")).to.deep.equal([]);
  });

  it("keeps outcomes that are text as text", async () => {
    const path = await upgradeChanged(
      2,
      "update outcome_data set outcome_value = 'left' where unique_id = 1",
    );
    expect(
      await readRows(path, "select outcome_value, outcome_text from outcome_data limit 2"),
    ).to.deep.equal([
      { outcome_value: null, outcome_text: "left" },
      {
        outcome_value: (
          await readRows(fileOf(2), "select outcome_value from outcome_data where unique_id = 2")
        )[0]?.["outcome_value"],
        outcome_text: null,
      },
    ]);
  });

  it("reads the type of a message from the message if the row has none", async () => {
    const path = await upgradeChanged(
      1,
      "update replay_data set message_type = null where unique_id in (3, 17)",
    );
    expect(
      await readRows(path, "select message_type from replay_data where unique_id in (3, 17)"),
    ).to.deep.equal([{ message_type: "tell" }, { message_type: null }]);
  });

  it("keeps values of other types than their columns", async () => {
    const path = await upgradeChanged(
      1,
      `update replay_data set timestamp = 1234567890123456789, message_contents = 'no pickle' where unique_id = 3;
       update replay_data set extra_info = 5, message_type = x'ff00' where unique_id = 5;
       update strat_data set strat = 'words' where unique_id = 1;
       update master set extra_metadata = 'no JSON', experiment_name = 7 where unique_id = 1;
       update master set extra_metadata = '{"n": NaN, "large": 12345678901234567890}' where unique_id = 2`,
    );
    const [third, fifth] = await readRows(path, "select * from replay_data where unique_id in (3, 5)");
    expect(third?.["timestamp"]).to.equal("1234567890123456789");
    expect(third?.["message_contents"]).to.deep.equal(Buffer.from("no pickle"));
    expect(third?.["derivation_error"]).to.match(/^The message is kept as the pickle/);
    expect(parseTaggedJson(fifth?.["extra_info"] as string)).to.deep.equal(new Uint8Array([0x35]));
    expect(parseTaggedJson(fifth?.["message_type"] as string)).to.deep.equal(new Uint8Array([0xff, 0]));
    expect((await readRows(path, "select strat, coding from strat_data limit 1"))[0]).to.deep.equal({
      strat: Buffer.from("words"),
      coding: "pickle",
    });
    const masters = await readRows(
      path,
      "select experiment_name, extra_metadata from master order by unique_id",
    );
    expect(masters[0]).to.deep.equal({ experiment_name: "7", extra_metadata: '"no JSON"' });
    expect(masters[1]?.["extra_metadata"]).to.equal(
      '{"n":{"$number":"NaN"},"large":{"$integer":"12345678901234567890"}}',
    );
  });

  it("keeps the value of a message that is not an object, and says so", async () => {
    const path = await upgradeChanged(
      1,
      `update replay_data set message_contents = ${pickled("words")} where unique_id = 3`,
    );
    const [row] = await readRows(path, "select * from replay_data where unique_id = 3");
    const frame = row?.["message_contents"] as Buffer;
    expect(decodeFrame(frame, codingOf(frame))).to.equal("words");
    expect(row?.["derivation_error"]).to.equal("The message that AEPsych stored is not an object.");
  });

  const extraData: [string, string, string][] = [
    ["a pickle of JSON text", pickled('{"rt": 0.5, "n": NaN}'), '{"rt":0.5,"n":{"$number":"NaN"}}'],
    ["a pickle of other text", pickled("words"), '"words"'],
    ["JSON text", `'{"rt": 1}'`, '{"rt":1}'],
    ["other text", "'words'", '"words"'],
    ["bytes that are not a pickle", "x'ff'", '{"$bytes":"/w=="}'],
  ];
  for (const [what, sql, expected] of extraData) {
    it(`recodes extra data that is ${what}`, async () => {
      const path = await upgradeChanged(3, `update raw_data set extra_data = ${sql} where unique_id = 1`);
      expect(await readRows(path, "select extra_data from raw_data limit 1")).to.deep.equal([
        { extra_data: expected },
      ]);
    });
  }

  it("resolves the references of a config", async () => {
    // A dict, as pickle writes it in protocol 0.
    const lines = [
      "(dVcommon",
      "(dVlb",
      "V[0, 0]",
      "ssVinit",
      "(dVlower",
      "V${common:lb} and ${lb}",
      "sVbroken",
      "V${nothing}",
      "ss.",
    ];
    const blob = Buffer.from(lines.join("\n")).toString("hex");
    const path = await upgradeChanged(1, `update config_data set config = x'${blob}' where unique_id = 1`);
    const [row] = await readRows(path, "select config from config_data limit 1");
    expect(row?.["config"]).to.equal(
      '{"common":{"lb":"[0, 0]"},"init":{"lower":"[0, 0] and [0, 0]","broken":"${nothing}"}}',
    );
  });
});
