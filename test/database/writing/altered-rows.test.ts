import { expect } from "chai";
import { describeOnEngines, isPostgres } from "../../../harness/engines.js";
import { execute, readRows } from "../../../harness/rows.js";
import { expectCode } from "../../support/checks/expect-code.js";
import { QueueFixture } from "../../support/database/queue-fixture.js";
import { storedOf } from "../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("WriteQueue on a database whose triggers or rules interfere", (tested) => {
  const fixture = new QueueFixture(() => tested.makeReadyLocation());

  /** Makes the database drop what is written to a table; returns the statements that undo it. */
  async function swallow(table: string, event: "insert" | "update"): Promise<string> {
    if (isPostgres(fixture.location)) {
      await execute(
        fixture.location,
        `create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
         create trigger swallow before ${event} on ${table} for each row execute function swallow()`,
      );
      return `drop trigger swallow on ${table}; drop function swallow`;
    }
    await execute(
      fixture.location,
      `create trigger swallow before ${event} on ${table} begin select raise(ignore); end`,
    );
    return "drop trigger swallow";
  }

  const tables = [
    ["replay_data", "insert"],
    ["raw_data", "insert"],
    ["param_data", "insert"],
    ["outcome_data", "insert"],
    ["master", "update"],
  ] as const;
  for (const [table, event] of tables) {
    it(`acknowledges nothing while it drops an ${event} of ${table}, and goes on afterwards`, async () => {
      const failures: unknown[] = [];
      const queue = await fixture.open({ onFailure: (error) => failures.push(error) });
      await queue.submit(setupWrite("s1"));
      const undo = await swallow(table, event);
      await expectCode(queue.submit(tellWrite("s1", 1, "a")), "unavailable");
      expect(String(failures[0])).to.match(new RegExp(`trigger or rule .* a row of ${table} `));
      await execute(fixture.location, undo);
      expect(storedOf(await queue.submit(tellWrite("s1", 1, "a")))).to.include({
        seq: 2,
        isDuplicate: false,
      });
      expect(await readRows(fixture.location, "select count(*) as n from raw_data")).to.deep.equal([
        { n: 1 },
      ]);
    });
  }

  it("acknowledges no setup whose session or config it drops", async () => {
    const queue = await fixture.open();
    for (const table of ["master", "config_data"]) {
      const undo = await swallow(table, "insert");
      await expectCode(queue.submit(setupWrite("s1")), "unavailable");
      await execute(fixture.location, undo);
    }
    expect(storedOf(await queue.submit(setupWrite("s1")))).to.include({ seq: 1 });
  });

  if (tested.name !== "PostgreSQL") return;

  it("acknowledges nothing while a trigger changes frames", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    await execute(
      fixture.location,
      `create function rewrite() returns trigger language plpgsql as $$
         begin new.message_contents := 'rewritten'; return new; end $$;
       create trigger rewrite before insert on replay_data for each row execute function rewrite()`,
    );
    await expectCode(queue.submit(tellWrite("s1", 1)), "unavailable");
  });

  it("acknowledges nothing while a rule writes nothing instead", async () => {
    const queue = await fixture.open();
    await queue.submit(setupWrite("s1"));
    for (const table of ["replay_data", "param_data"]) {
      await execute(fixture.location, `create rule away as on insert to ${table} do instead nothing`);
      await expectCode(queue.submit(tellWrite("s1", 1)), "unavailable");
      await execute(fixture.location, `drop rule away on ${table}`);
    }
  });
});
