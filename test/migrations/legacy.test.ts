import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { codingOf, decodeFrame, formatJson, parseJson, parseTaggedJson } from "../../src/protocol/index.js";
import { expectUpgraded } from "../support/checks/expect-upgraded.js";
import {
  copyOf,
  makeLegacy,
  parsePythonRows,
  readWithPython,
  recorded,
  upgrade,
  whyNoMaker,
  withFile,
} from "../support/files/legacy.js";
import { rejection } from "../support/checks/rejection.js";
import { execute, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { fixture } from "../support/files/vectors.js";

const generations = [0, 1, 2, 3];
const fileOf = (generation: number) => fixture(`legacy/generation-${generation}.db`);
const uuid = /^[0-9a-f-]{36}$/;

/** A copy of a small file, changed by SQL before it is upgraded. */
async function upgradeChanged(generation: number, sql: string): Promise<string> {
  const path = await copyOf(fileOf(generation));
  await execute(path, sql);
  await upgrade(path);
  return path;
}

/** A text as a pickle of protocol 0, in SQL. */
const pickled = (text: string) => `cast('V${text}' || char(10) || '.' as blob)`;

describe("the stair from AEPsych's files", () => {
  for (const generation of generations) {
    it(`keeps everything of generation ${generation}`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      const lines = readFileSync(fixture(`legacy/generation-${generation}.ndjson`), "utf8");
      await expectUpgraded(fileOf(generation), path, parsePythonRows(lines));
    });

    it(`leads from generation ${generation} to the same columns as from nothing`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      const fresh = join(await temporaryFolder(), "fresh.db");
      await upgrade(fresh);
      const sql =
        "select type, name, tbl_name, sql from sqlite_master where name not like 'sqlite%' order by name";
      expect(await readRows(path, sql)).to.deep.equal(await readRows(fresh, sql));
    });

    it(`does nothing the second time to generation ${generation}`, async () => {
      const path = await copyOf(fileOf(generation));
      await upgrade(path);
      expect(await upgrade(path)).to.deep.equal([]);
    });

    it(`gives the sessions of generation ${generation} the same ids in every copy`, async () => {
      const [one, two] = [await copyOf(fileOf(generation)), await copyOf(fileOf(generation))];
      await upgrade(one);
      await upgrade(two);
      const sql = "select session_id from master order by unique_id";
      const ids = (await readRows(one, sql)).map((row) => row["session_id"]);
      expect(new Set(ids).size).to.equal(ids.length);
      expect((await readRows(two, sql)).map((row) => row["session_id"])).to.deep.equal(ids);
    });
  }

  it("gives sessions the ids that it always gave them", async () => {
    const path = await copyOf(fileOf(1));
    await upgrade(path);
    expect(await readRows(path, "select session_id from master order by unique_id")).to.deep.equal([
      { session_id: "f8cd8c8a-0d62-5729-afd3-90daf6deacc2" },
      { session_id: "2fe39763-ac94-5b11-bcfa-f90b9349f1ce" },
      { session_id: "61444c21-2322-5809-970b-7fb15478ddd9" },
    ]);
  });

  it("gives equal sessions of one file different ids", async () => {
    const path = await upgradeChanged(
      1,
      `insert into master (unique_id, experiment_name) values (3, 'a'), (4, 'b'), (5, 'c')`,
    );
    const rows = await readRows(path, "select distinct session_id from master where unique_id > 2");
    // Three, and the one of the rows under none.
    expect(rows).to.have.length(4);
  });

  it("gives messages, strats and configs under no session one of their own", async () => {
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

  it("hangs parameters and outcomes of no trial on a trial of their own", async () => {
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

  it("keeps outcomes that are words as text", async () => {
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

  it("takes the type of a message from the message where the row has none", async () => {
    const path = await upgradeChanged(
      1,
      "update replay_data set message_type = null where unique_id in (3, 17)",
    );
    expect(
      await readRows(path, "select message_type from replay_data where unique_id in (3, 17)"),
    ).to.deep.equal([{ message_type: "tell" }, { message_type: null }]);
  });

  it("keeps values of types that their columns do not have", async () => {
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

  it("says of a message that is no object that it is none, and keeps its value", async () => {
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
    ["bytes that are no pickle", "x'ff'", '{"$bytes":"/w=="}'],
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

  it("leaves the tables, views and settings of others alone", async () => {
    const path = await upgradeChanged(
      1,
      `create table notes (id integer primary key, text, master references master (unique_id));
       insert into notes values (1, 'kept', 2), (2, 'dangling', 77);
       create view names as select experiment_name from master;
       create table child (id integer primary key, message references replay_data (unique_id))`,
    );
    expect(await readRows(path, "select text from notes")).to.deep.equal([
      { text: "kept" },
      { text: "dangling" },
    ]);
    expect(await readRows(path, "select * from names limit 1")).to.deep.equal([
      { experiment_name: "Experiment 0" },
    ]);
    const others = await readRows(
      path,
      "select sql from sqlite_master where name in ('notes', 'names', 'child')",
    );
    expect(JSON.stringify(others)).not.to.include("telltale_old");
  });

  it("keeps columns that others added", async () => {
    const path = await upgradeChanged(
      1,
      `alter table master add column notes; update master set notes = 'mine' where unique_id = 2;
       alter table replay_data add column "SEQ" text; update replay_data set seq = 'first' where unique_id = 1`,
    );
    expect(await readRows(path, "select notes from master where unique_id <= 2")).to.deep.equal([
      { notes: null },
      { notes: "mine" },
    ]);
    expect(await readRows(path, "select seq, aepsych_SEQ as kept from replay_data limit 1")).to.deep.equal([
      { seq: 1, kept: "first" },
    ]);
  });

  it("numbers new rows behind the old ones", async () => {
    const path = await upgradeChanged(1, "update replay_data set unique_id = 1000 where unique_id = 25");
    await execute(path, "insert into replay_data (master_table_id, seq, message_id) values (1, 99, 'new')");
    expect(await readRows(path, "select unique_id from replay_data where message_id = 'new'")).to.deep.equal([
      { unique_id: 1001 },
    ]);
  });

  it("leaves a file as it was when it fails", async () => {
    const path = await copyOf(fileOf(2));
    // A table in the way of one of telltale's.
    await execute(path, "create table rejected_data (id integer primary key)");
    const tables =
      "select name, sql from sqlite_master where name not in ('migrations', 'sqlite_sequence') and tbl_name <> 'raw_data' order by name";
    const before = await readRows(path, tables);
    expect(await rejection(upgrade(path)))
      .to.be.an("error")
      .with.property("message")
      .that.includes("rejected_data");
    expect(await readRows(path, tables)).to.deep.equal(before);
    expect(await readRows(path, "select count(*) as n from replay_data")).to.deep.equal([{ n: 18 }]);
  });

  it("says how far it is", async () => {
    const path = await copyOf(fileOf(2));
    await execute(
      path,
      `with recursive counted (n) as (select 1 union all select n + 1 from counted where n < 4000)
       insert into replay_data (message_type, message_contents, master_table_id) select 'ask', ${pickled("x")}, 1 from counted`,
    );
    const said: string[] = [];
    const nothing = () => undefined;
    await upgrade(path, {
      logger: {
        logQuery: nothing,
        logQueryError: nothing,
        logQuerySlow: nothing,
        logSchemaBuild: nothing,
        log: nothing,
        logMigration: (message) => said.push(message),
      },
    });
    expect(said).to.include.members([
      "master: 2 of 2 rows",
      "replay_data: 2000 of 4018 rows",
      "replay_data: 4000 of 4018 rows",
      "replay_data: 4018 of 4018 rows",
      "param_data: 12 of 12 rows",
    ]);
  });

  it("takes a strat that is larger than a chunk", async () => {
    const path = await upgradeChanged(
      1,
      "update strat_data set strat = zeroblob(9437184) where unique_id = 1",
    );
    const rows = await readRows(
      path,
      "select coding, length(strat) as length from strat_data order by unique_id",
    );
    expect(rows[0]).to.deep.equal({ coding: "pickle", length: 9437184 });
    expect(rows[2]).to.deep.equal({ coding: "bytes", length: 2000 });
    expect(rows).to.have.length(3);
  });

  const whyNot = whyNoMaker();
  const maybe = whyNot === undefined ? it : it.skip;
  const note = whyNot === undefined ? "" : ` (skipped: ${whyNot})`;
  for (const generation of generations) {
    for (const protocol of [2, 3, 4, 5]) {
      maybe(
        `reads what Python reads from generation ${generation}, protocol ${protocol}${note}`,
        async () => {
          for (const flags of [[], ["--stimuli", "2"], ["--oddities"], ["--stimuli", "2", "--oddities"]]) {
            const size = ["--sessions", "2", "--trials", "4"];
            const path = await makeLegacy(
              "--generation",
              String(generation),
              "--pickle",
              String(protocol),
              ...size,
              ...flags,
            );
            const after = await copyOf(path);
            await upgrade(after);
            await expectUpgraded(path, after, readWithPython(path));
          }
        },
      );
    }
  }

  for (const name of ["test_original_schema", "single_stimuli", "extra_info"]) {
    const path = join(recorded, `${name}.db`);
    const why = existsSync(path) ? whyNot : "the files of AEPsych are not here";
    (why === undefined ? it : it.skip)(
      `keeps everything of ${name}.db${why === undefined ? "" : ` (skipped: ${why})`}`,
      async () => {
        const after = await copyOf(path);
        await upgrade(after);
        await expectUpgraded(path, after, readWithPython(path));
      },
    );
  }

  for (const name of ["single_stimuli", "extra_info"]) {
    const path = join(recorded, `${name}.db`);
    const isHere = existsSync(path);
    (isHere ? it : it.skip)(
      `finds the recorded messages in ${name}.db${isHere ? "" : " (skipped: the files of AEPsych are not here)"}`,
      async () => {
        const after = await copyOf(path);
        await upgrade(after);
        const rows = await readRows(
          after,
          "select timestamp, message_contents from replay_data order by unique_id",
        );
        const messages = rows.map((row) => {
          const frame = row["message_contents"] as Buffer;
          return formatJson(
            new Map([
              ["timestamp", row["timestamp"] as string],
              ["request", decodeFrame(frame, codingOf(frame))],
            ]),
          );
        });
        const lines = readFileSync(join(recorded, `${name}.messages.ndjson`), "utf8")
          .trim()
          .split("\n");
        expect(messages).to.deep.equal(lines.map((line) => formatJson(parseJson(line))));
        expect(
          await withFile(after, (dataSource) => dataSource.query("pragma foreign_key_check")),
        ).to.deep.equal([]);
      },
    );
  }
});
