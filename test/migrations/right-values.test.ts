import { expect } from "chai";
import { migrations } from "../../migrations/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute, readRows } from "../../harness/rows.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { withMigrations } from "../support/database/data-source.js";

const before = migrations.findIndex(({ name }) => name.startsWith("AddRightValues"));

describeOnEngines("the migration that adds numbers, times and extra data", (engine) => {
  let location = "";

  /** Makes a database of an earlier telltale with one session of one trial. */
  beforeEach(async () => {
    allowDifference("the messages are not requests");
    location = await engine.makeLocation();
    await withMigrations(location, before, () => Promise.resolve());
    await execute(
      location,
      `insert into master (session_id, last_seq) values ('session', 0);
       insert into raw_data (master_table_id) values (1)`,
    );
  });

  const migrate = () => withMigrations(location, before + 1, () => Promise.resolve());

  async function writeParams(values: readonly (string | null)[]): Promise<void> {
    const rows = values.map((value) => `('x', ${value === null ? "null" : `'${value}'`}, 1)`);
    await execute(
      location,
      `insert into param_data (param_name, param_value, iteration_id) values ${rows.join(", ")}`,
    );
  }

  it("fills param_number with the nearest double of what spells a number", async () => {
    const numbers: Record<string, number | null> = {
      "1": 1,
      "-2.50": -2.5,
      "0412": 412,
      "1.0": 1,
      "-1e-05": -1e-5,
      ".5": 0.5,
      "+3": 3,
      "0.729085385862905": 0.729085385862905,
      "9007199254740993": 9007199254740992,
      "1.7976931348623157e308": Number.MAX_VALUE,
      "5e-324": Number.MIN_VALUE,
      "1e400": null,
      nan: null,
      True: null,
      "-": null,
      "0x10": null,
      "1,5": null,
      "": null,
    };
    await writeParams([...Object.keys(numbers), null]);
    await migrate();
    const rows = await readRows(location, "select param_number from param_data order by unique_id");
    expect(rows.map((row) => row["param_number"])).to.deep.equal([...Object.values(numbers), null]);
  });

  it("fills more parameters than fit into a page, long ones too", async () => {
    const long = `0.${"0".repeat(3_000_000)}1`;
    await writeParams([long, "7", long, ...Array.from({ length: 4500 }, (_, index) => String(index))]);
    await migrate();
    const [row] = await readRows(
      location,
      "select sum(param_number) as total, sum(case when param_number is null then 1 else 0 end) as missing from param_data",
    );
    expect({ total: row?.["total"], missing: Number(row?.["missing"]) }).to.deep.equal({
      total: 7 + (4499 * 4500) / 2,
      missing: 0,
    });
  });

  it("replaces U+0000 and lone surrogates in JSON, and nothing else", async () => {
    const json = (text: string) => `{"a":"${text}"}`;
    const texts = {
      "\\u0000": "\uFFFD",
      "x\\ud800y\\uDFFF": "x\uFFFDy\uFFFD",
      "\\ud83d\\ude00": "\\ud83d\\ude00",
      "\\\\u0000 \\\\\\u0000": "\\\\u0000 \\\\\uFFFD",
      "\\u001f": "\\u001f",
      plain: "plain",
    };
    await execute(
      location,
      Object.keys(texts)
        .map((text) => `insert into raw_data (master_table_id, extra_data) values (1, '${json(text)}')`)
        .join(";"),
    );
    await execute(
      location,
      `update master set extra_metadata = '${json("\\u0000")}';
       insert into config_data (config, master_table_id) values ('${json("\\u0000")}', 1);
       insert into replay_data (extra_info, master_table_id, seq, message_id) values ('${json("\\u0000")}', 1, 1, 'a')`,
    );
    await migrate();
    const rows = await readRows(
      location,
      "select extra_data from raw_data where extra_data is not null order by unique_id",
    );
    expect(rows.map((row) => row["extra_data"])).to.deep.equal(Object.values(texts).map(json));
    for (const sql of [
      "select extra_metadata as json from master",
      "select config as json from config_data",
      "select extra_info as json from replay_data",
    ])
      expect(await readRows(location, sql), sql).to.deep.equal([{ json: json("\uFFFD") }]);
  });

  it("keeps views that read the view trial", async () => {
    await execute(
      location,
      "create view mine as select trial, name, value from trial where kind = 'parameter'",
    );
    await writeParams(["0.5"]);
    await migrate();
    expect(await readRows(location, "select * from mine")).to.deep.equal([
      { trial: 1, name: "x", value: 0.5 },
    ]);
  });

  it("keeps a view trial of a user's own", async () => {
    await execute(location, "drop view trial; create view trial as select 'mine' as own");
    await migrate();
    expect(await readRows(location, "select * from trial")).to.deep.equal([{ own: "mine" }]);
  });

  it("can be reverted", async () => {
    await writeParams(["0.5"]);
    await withMigrations(location, before + 1, (dataSource) => dataSource.undoLastMigration());
    const [row] = await readRows(location, "select * from param_data");
    expect(row).not.to.have.property("param_number");
    expect(await readRows(location, "select name, value from trial")).to.deep.equal([
      { name: "x", value: 0.5 },
    ]);
  });
});
