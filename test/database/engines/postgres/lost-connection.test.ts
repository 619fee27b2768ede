import { expect } from "chai";
import { DatabaseError, Store } from "../../../../src/database/index.js";
import { PostgresEngine } from "../../../../src/database/engines/postgres.js";
import type { Write } from "../../../../src/derivation/index.js";
import { makePostgresDatabase } from "../../../../harness/postgres/test-databases.js";
import { Proxy, type Verdict } from "../../../../harness/proxy.js";
import { readRows } from "../../../../harness/rows.js";
import { rejection } from "../../../support/checks/rejection.js";
import { until } from "../../../support/checks/until.js";
import { QueueFixture } from "../../../support/database/queue-fixture.js";
import { storedOf } from "../../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

describe("PostgresEngine when its connection is lost", () => {
  const fixture = new QueueFixture(makePostgresDatabase);

  const ids = async () =>
    (await readRows(fixture.location, "select message_id from replay_data where seq > 1 order by seq")).map(
      (row) => row["message_id"],
    );

  const commit = (verdict: Verdict) => {
    let isDone = false;
    return (chunk: Buffer): Verdict => {
      if (isDone || !chunk.includes("COMMIT")) return "pass";
      isDone = true;
      return verdict;
    };
  };
  /** Writes of every kind, with and without an id that the client chose. */
  const batch = (): Write[] => [
    setupWrite("s2"),
    tellWrite("s1", 1, "a"),
    { ...tellWrite("s1", 0), message: { ...tellWrite("s1", 0, "b").message, mayBeResent: false } },
    tellWrite("s1", 1, "c"),
  ];

  async function expectOnce(): Promise<void> {
    expect(await ids()).to.deep.equal(["a", "b", "c"]);
    expect(
      await readRows(fixture.location, "select session_id, last_seq from master order by session_id"),
    ).to.deep.equal([
      { session_id: "s1", last_seq: 4 },
      { session_id: "s2", last_seq: 1 },
    ]);
    const [counts] = await readRows(
      fixture.location,
      "select (select count(*) from raw_data) as raws, (select count(*) from config_data) as configs",
    );
    expect(counts).to.deep.equal({ raws: 3, configs: 2 });
  }

  for (const [when, verdict] of [
    ["after the commit and before its answer", "cut the answer"],
    ["before the commit reaches the server", "cut"],
  ] as const) {
    it(`writes everything once and acknowledges it if it is cut ${when}`, async () => {
      const proxy = await Proxy.start(fixture.location);
      const events: string[] = [];
      const writer = await fixture.open(
        {
          onFailure: () => events.push("failed"),
          onReopen: () => events.push("reopened"),
        },
        new PostgresEngine(proxy.url, 3000),
      );
      await writer.submit(setupWrite("s1"));
      proxy.judge = commit(verdict);
      const settled = (await Promise.all(batch().map((write) => writer.submit(write)))).map(storedOf);
      expect(events).to.deep.equal(["failed", "reopened"]);
      expect(settled.map(({ seq }) => seq)).to.deep.equal([1, 2, 3, 4]);
      // The client has not sent it before: to it, the message is no duplicate.
      expect(settled[2]).to.include({ isDuplicate: false });
      await expectOnce();
    });

    it(`rejects as unavailable if it is cut ${when} and cannot reconnect, and stores what is sent again once`, async () => {
      const proxy = await Proxy.start(fixture.location);
      const writer = await fixture.open({}, new PostgresEngine(proxy.url, 3000));
      await writer.submit(setupWrite("s1"));
      let isDown = false;
      proxy.judge = (chunk) => {
        if (isDown) return "cut";
        if (!chunk.includes("COMMIT")) return "pass";
        isDown = true;
        return verdict;
      };
      const writes = batch();
      const failed = await Promise.all(writes.map((write) => rejection(writer.submit(write))));
      expect(failed.map((error) => (error as DatabaseError).code)).to.deep.equal(
        writes.map(() => "unavailable"),
      );
      isDown = false;
      proxy.judge = () => "pass";
      const again = batch().map((write) =>
        write.kind === "message" ? { ...write, message: { ...write.message, mayBeResent: true } } : write,
      );
      await Promise.all(again.map(async (write) => storedOf(await writer.submit(write))));
      await expectOnce();
    });
  }

  for (const [when, statement] of [
    ["at the beginning of a transaction", "START TRANSACTION"],
    ["in the middle of a transaction", "insert into replay_data"],
  ] as const) {
    it(`rejects as unavailable if it is cut ${when}, and writes what is sent again`, async () => {
      const proxy = await Proxy.start(fixture.location);
      const writer = await fixture.open({}, new PostgresEngine(proxy.url, 3000));
      await writer.submit(setupWrite("s1"));
      proxy.judge = (chunk) => (chunk.includes(statement) ? "cut" : "pass");
      expect(await rejection(writer.submit(tellWrite("s1", 1, "a")))).to.have.property("code", "unavailable");
      proxy.judge = () => "pass";
      expect(storedOf(await writer.submit(tellWrite("s1", 1, "a")))).to.include({
        seq: 2,
        isDuplicate: false,
      });
    });
  }

  it("reconnects at the next message if it is cut while idle", async () => {
    const proxy = await Proxy.start(fixture.location);
    const database = await Store.open(proxy.url);
    await database.submit(setupWrite("s1"));
    await database.findSession("s1");
    proxy.cutAll();
    await until(async () => {
      const left = await readRows(
        fixture.location,
        "select 1 from pg_stat_activity where datname = current_database() and application_name = 'telltale'",
      );
      return left.length === 0;
    });
    expect(await database.findSession("s1")).to.have.property("id", "s1");
    expect(storedOf(await database.submit(tellWrite("s1", 1)))).to.include({ seq: 2 });
    await database.close();
  });
});
