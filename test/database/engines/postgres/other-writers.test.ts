import { expect } from "chai";
import { Store } from "../../../../src/database/index.js";
import { PostgresEngine } from "../../../../src/database/engines/postgres.js";
import { makePostgresDatabase } from "../../../../harness/postgres/test-databases.js";
import { connect } from "../../../../harness/postgres/rows.js";
import { readRows } from "../../../../harness/rows.js";
import { rejection } from "../../../support/checks/rejection.js";
import { until } from "../../../support/checks/until.js";
import { QueueFixture } from "../../../support/database/queue-fixture.js";
import { storedOf } from "../../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

describe("PostgresEngine next to other writers", () => {
  const fixture = new QueueFixture(makePostgresDatabase);

  it("rejects as unavailable while another writer has the session locked for too long, and writes afterwards", async () => {
    const database = await Store.open(fixture.location, { busyTimeoutMs: 50 });
    await database.submit(setupWrite("s1"));
    const other = await connect(fixture.location);
    await other.query("begin; select * from master for update");
    const error = await rejection(database.submit(tellWrite("s1", 1, "a")));
    await other.query("rollback");
    await other.end();
    const after = await database.submit(tellWrite("s1", 1, "a"));
    await database.close();
    expect(error).to.have.property("code", "unavailable");
    expect(storedOf(after)).to.include({ seq: 2, isDuplicate: false });
  });

  it("retries a transaction that a deadlock rolled back", async () => {
    const events: unknown[] = [];
    const writer = await fixture.open(
      { onFailure: (error) => events.push(error) },
      new PostgresEngine(fixture.location, 3000),
    );
    await writer.submit(setupWrite("s1"));
    await writer.submit(setupWrite("s2"));
    const other = await connect(fixture.location);
    // The other connection looks for deadlocks later, so that PostgreSQL gives up the queue's own transaction.
    await other.query("set deadlock_timeout = '1min'");
    await other.query("begin; update master set source = 'x' where session_id = 's2'");
    const told = Promise.all([
      writer.submit(tellWrite("s1", 1, "a")),
      writer.submit(tellWrite("s2", 1, "b")),
    ]);
    await until(async () => {
      const waiting = await readRows(
        fixture.location,
        "select 1 from pg_stat_activity where wait_event_type = 'Lock'",
      );
      return waiting.length > 0;
    });
    await other.query("update master set source = 'x' where session_id = 's1'; commit");
    await other.end();
    expect((await told).map((settlement) => storedOf(settlement).seq)).to.deep.equal([2, 2]);
    expect(events).to.deep.equal([]);
  });

  it("rejects a scope that continues after a failed statement, and commits nothing", async () => {
    const writer = await fixture.open({}, new PostgresEngine(fixture.location, 3000));
    const scope = writer.run(async (manager) => {
      await manager.query("insert into master (session_id, last_seq) values ('gone', 0)");
      await manager.query("select 1 / 0").catch(() => undefined);
    });
    expect(String(await rejection(scope))).to.include("aborted");
    expect(await readRows(fixture.location, "select * from master")).to.deep.equal([]);
  });

  it("finds no session for an id with U+0000", async () => {
    const database = await Store.open(fixture.location);
    const found = await database.findSession("a\0b");
    const told = await database.submit(tellWrite("a\0b", 1));
    await database.close();
    expect(found).to.equal(undefined);
    expect(told).to.include({ kind: "rejected", code: "unknown_session" });
  });
});
