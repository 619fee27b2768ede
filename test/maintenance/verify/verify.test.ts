import { expect } from "chai";
import { describeOnEngines } from "../../../harness/engines.js";
import { execute } from "../../../harness/rows.js";
import { expectCode } from "../../support/checks/expect-code.js";
import { allowDifference } from "../../support/checks/rebuild.js";
import { session, useImportFixture } from "../../support/database/import-fixture.js";
import { verifyDatabase } from "../../support/database/verify-database.js";

describeOnEngines("verifying a database", (engine) => {
  const lab = useImportFixture(engine);

  beforeEach(async () => {
    await lab.writeFull();
    await lab.import();
  });

  const ofSession = `master_table_id = (select unique_id from master where session_id = '${session}')`;
  const firstOf = (table: string) => `(select min(unique_id) from ${table})`;

  it("finds nothing wrong in what telltale wrote", async () => {
    expect(await verifyDatabase(lab.target)).to.deep.equal([]);
  });

  const changes = [
    [
      "a frame",
      `update replay_data set message_contents = ${engine.name === "PostgreSQL" ? "'x'" : "x'78'"} where seq = 2`,
      /Message 2 .* does not match its digest/,
    ],
    ["a time", "update replay_data set timestamp = '2020' where seq = 3", /Message 3 .* digest/],
    [
      "an id",
      `update replay_data set message_id = 'other' where seq = 2 and ${ofSession}`,
      /Message 2 .* digest/,
    ],
    ["a type", `update replay_data set message_type = 'note' where seq = 3`, /Message 3 .* digest/],
    ["a digest", `update replay_data set digest = 'no' where seq = 7`, /Message 7 .* digest/],
    [
      "the id of a session",
      `update master set session_id = 'x' where session_id = '${session}'`,
      /Message 1 .* digest/,
    ],
    ["the newest digest", "update master set digest = null", /digest in master/],
    [
      "the last seq",
      `update master set last_seq = 8 where session_id = '${session}'`,
      /last message has seq 7/,
    ],
    ["the time of sending", "update replay_data set sent_at = 1 where seq = 3", /sent_at of message 3/],
    ["extra info", "update replay_data set extra_info = '{}' where seq = 4", /extra_info of message 4/],
    [
      "an error of a message",
      "update replay_data set derivation_error = 'x' where seq = 3",
      /derivation_error of message 3/,
    ],
    [
      "the name of an experiment",
      "update master set experiment_name = 'x'",
      /experiment_name of the session/,
    ],
    ["metadata", `update master set extra_metadata = '{"a":1}'`, /extra_metadata of the session/],
    [
      "a config",
      `update config_data set config = '{}' where unique_id = ${firstOf("config_data")}`,
      /config of the session/,
    ],
    [
      "the time of a strat",
      "update strat_data set timestamp = '2020' where replay_table_id is not null",
      /strat_data of message 6/,
    ],
    [
      "the strat of another message",
      "update strat_data set replay_table_id = (select unique_id from replay_data where seq = 3) where replay_table_id is not null",
      /not a strat/,
    ],
  ] as const;
  for (const [what, sql, sentence] of changes) {
    it(`finds ${what} that was changed`, async () => {
      allowDifference("the test changes rows");
      await execute(lab.target, sql);
      const found = await verifyDatabase(lab.target);
      expect(found.map(({ what }) => what).join("\n")).to.match(sentence);
      expect(found[0]?.remedy).to.equal("restore");
    });
  }

  for (const [what, sql] of [
    ["a parameter", "update param_data set param_value = 'x'"],
    ["an outcome", "update outcome_data set outcome_value = 17"],
    ["the time of a trial", "update raw_data set timestamp = '2020' where replay_table_id is not null"],
  ] as const) {
    it(`finds ${what} that was changed, which a rebuild mends`, async () => {
      allowDifference("the test changes rows");
      await execute(lab.target, sql);
      const [found] = await verifyDatabase(lab.target);
      expect(found).to.include({ remedy: "rebuild", sessionId: session });
    });
  }

  it("finds messages that are missing, in the middle and at the end", async () => {
    allowDifference("the test deletes rows");
    await execute(
      lab.target,
      `delete from replay_data where message_type in ('ask', 'something_else') and ${ofSession}`,
    );
    const sentences = (await verifyDatabase(lab.target)).map(({ what }) => what);
    expect(sentences[0]).to.match(/^The messages 3 to 3 are missing/);
    expect(sentences.join(" ")).to.include("The last message has seq 6, and master says 7");
  });

  it("names one changed message and no other", async () => {
    allowDifference("the test changes rows");
    await execute(lab.target, `update replay_data set timestamp = '2020' where seq = 3`);
    const found = (await verifyDatabase(lab.target)).filter(({ what }) => what.includes("digest"));
    expect(found).to.have.length(1);
  });

  for (const [what, id, sentence] of [
    ["of a session that is there", session, /is recorded as deleted, and the database has it/],
    ["that was changed", "x", /The record of the deleted session "x" was changed/],
  ] as const) {
    it(`finds the record of a deleted session ${what}`, async () => {
      const record = `'${id}', '2026-01-01T00:00:00.000Z', 'test', 1`;
      await execute(
        lab.target,
        `insert into deleted_session (session_id, timestamp, deleted_by, row_count) values (${record})`,
      );
      const [found, ...others] = await verifyDatabase(lab.target);
      expect(found?.what).to.match(sentence);
      expect(others).to.deep.equal([]);
    });
  }

  const makeFunction =
    "create function nothing() returns trigger language plpgsql as $$ begin return null; end $$;";
  for (const [what, sql, sentence] of [
    ["an index that is missing", "drop index replay_data_seq", /index replay_data_seq is missing/],
    ["a view that is missing", "drop view session_overview", /view session_overview is missing/],
    [
      "an index on other columns",
      "drop index rejected_data_master_table_id; create index rejected_data_master_table_id on rejected_data (code)",
      /index rejected_data_master_table_id is not the one/,
    ],
    [
      "a trigger",
      engine.name === "PostgreSQL"
        ? `${makeFunction} create trigger mine after insert on master for each row execute function nothing()`
        : "create trigger mine after insert on master begin select 1; end",
      /trigger or rule mine of master/,
    ],
  ] as const) {
    it(`finds ${what}`, async () => {
      await execute(lab.target, sql);
      const found = await verifyDatabase(lab.target);
      expect(found.map(({ what }) => what).join("\n")).to.match(sentence);
    });
  }

  it("says of the schema of an older telltale that it must be upgraded first", async () => {
    await execute(
      lab.target,
      "drop table deleted_session; delete from migrations where name like 'AddDeletedSessions%'",
    );
    await expectCode(verifyDatabase(lab.target), "outdated_database");
  });

  if (engine.name === "PostgreSQL") return;

  it("finds one changed character of a view, and leaves a user's own view of its name alone", async () => {
    const sql = "replace(sql, '''parameter''', '''qarameter''')";
    await execute(
      lab.target,
      `pragma writable_schema = on; update sqlite_master set sql = ${sql} where name = 'trial'; pragma writable_schema = off`,
    );
    const found = (await verifyDatabase(lab.target)).map(({ what }) => what);
    expect(found).to.deep.equal(["The view trial is not the one that telltale made."]);
    await execute(lab.target, "drop view trial; create view trial as select 1 as mine");
    expect(await verifyDatabase(lab.target)).to.deep.equal([]);
  });

  for (const [table, column] of [
    ["param_data", "param_value"],
    ["replay_data", "message_type"],
  ] as const) {
    it(`finds bytes in a column of text of ${table}, and the session that they break`, async () => {
      allowDifference("the test changes rows");
      await execute(lab.target, `update ${table} set ${column} = cast(${column} as blob)`);
      const found = await verifyDatabase(lab.target);
      expect(found[0]?.what).to.match(
        new RegExp(`rows of ${table}, the first with unique_id 1, hold a value of another type`),
      );
      expect(found.map(({ what }) => what).join(" ")).to.include("cannot be read to its end");
    });
  }

  it("finds a record of migrations that was changed", async () => {
    await execute(lab.target, "update migrations set timestamp = 5 where name like 'AddDigests%'");
    const [found] = await verifyDatabase(lab.target);
    expect(found?.what).to.match(/AddDigests/);
  });

  it("finds rows whose parent is missing", async () => {
    allowDifference("the test deletes rows");
    await execute(lab.target, "pragma foreign_keys = off; delete from raw_data");
    const [found] = await verifyDatabase(lab.target);
    expect(found?.what).to.match(
      /of the rows of param_data, the first with unique_id \d+, refer to rows of raw_data/,
    );
  });
});
