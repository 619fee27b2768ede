import { expect } from "chai";
import { migrations } from "../../migrations/index.js";
import { describeOnEngines, isPostgres } from "../../harness/engines.js";
import { execute, readRows } from "../../harness/rows.js";
import { computeWithPython, expectChained } from "../support/checks/chains.js";
import { allowDifference } from "../support/checks/rebuild.js";
import { withMigrations } from "../support/database/data-source.js";

const before = migrations.findIndex(({ name }) => name.startsWith("AddDigests"));

describeOnEngines("the migration that adds digests", (engine) => {
  let location = "";

  /** Writes sessions of as many messages as each number says, in a database of telltale 0.1. */
  async function writeSessions(...sizes: number[]): Promise<void> {
    location = await engine.makeLocation();
    await withMigrations(location, before, async (dataSource) => {
      for (const [index, size] of sizes.entries()) {
        const master = index + 1;
        await dataSource.query(
          `insert into master (session_id, last_seq) values ('session ${master}', ${size})`,
        );
        for (let seq = 1; seq <= size; seq += 1)
          await dataSource.query(
            `insert into replay_data (timestamp, message_type, message_contents, master_table_id, seq, message_id)
             values ('2026-01-01T00:00:00.000Z', 'note', ${contents(`frame ${seq}`)}, ${master}, ${seq}, 'ä ${seq}')`,
          );
      }
    });
  }

  const contents = (text: string) =>
    engine.name === "PostgreSQL" ? `'${text}'::bytea` : `cast('${text}' as blob)`;

  const migrate = () => withMigrations(location, before + 1, () => Promise.resolve());

  it("chains the messages of every session, and marks them", async () => {
    await writeSessions(3, 0, 1201);
    await migrate();
    expect(await expectChained(location)).to.equal(1204);
    const masters = await readRows(location, "select late_digests from master order by unique_id");
    expect(masters.map((row) => row["late_digests"])).to.deep.equal([3, null, 1201]);
  });

  it("computes what a script computes", async () => {
    await writeSessions(2, 3);
    await migrate();
    const rows = await readRows(location, "select digest from replay_data order by master_table_id, seq");
    if (!isPostgres(location))
      expect(computeWithPython(location)).to.deep.equal(rows.map((row) => row["digest"]));
  });

  it("chains messages whose columns are NULL", async () => {
    allowDifference("the messages are not requests");
    await writeSessions(2);
    await execute(
      location,
      "update replay_data set timestamp = null, message_type = null, message_contents = null where seq = 1",
    );
    await migrate();
    expect(await expectChained(location)).to.equal(2);
  });

  it("reads large messages one by one", async () => {
    await writeSessions(3);
    const large =
      engine.name === "PostgreSQL" ? "convert_to(repeat('x', 9000000), 'UTF8')" : "zeroblob(9000000)";
    await execute(location, `update replay_data set message_contents = ${large}`);
    allowDifference("the messages are not requests");
    await migrate();
    expect(await expectChained(location)).to.equal(3);
  });

  it("can be reverted", async () => {
    await writeSessions(1);
    await withMigrations(location, before + 1, (dataSource) => dataSource.undoLastMigration());
    const [row] = await readRows(location, "select * from replay_data");
    expect(row).not.to.have.property("digest");
  });
});
