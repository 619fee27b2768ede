import { expect } from "chai";
import { Store } from "../../../../src/database/index.js";
import { PostgresEngine } from "../../../../src/database/engines/postgres.js";
import { makePostgresDatabase, startPostgresServer } from "../../../../harness/postgres/test-databases.js";
import { readRows } from "../../../../harness/rows.js";
import { rejection } from "../../../support/checks/rejection.js";
import { until } from "../../../support/checks/until.js";
import { QueueFixture } from "../../../support/database/queue-fixture.js";
import { storedOf } from "../../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

describe("PostgresEngine when its server fails", () => {
  const fixture = new QueueFixture(makePostgresDatabase);

  it("rejects as unavailable while the server is stopped, and writes again when it is back", async () => {
    const server = await startPostgresServer();
    const database = await Store.open(server.urlOf("postgres"));
    await database.submit(setupWrite("s1"));
    await server.stop();
    const [written, found, probed] = await Promise.all([
      rejection(database.submit(tellWrite("s1", 1, "a"))),
      rejection(database.findSession("s1")),
      rejection(database.probe()),
    ]);
    await server.restart();
    const after = await database.submit(tellWrite("s1", 1, "a"));
    const session = await database.findSession("s1");
    await database.probe();
    await database.close();
    for (const error of [written, found, probed]) expect(error).to.have.property("code", "unavailable");
    expect(storedOf(after)).to.include({ seq: 2, isDuplicate: false });
    expect(session).to.have.property("id", "s1");
  });

  /** Freezes the server's process for the queue; returns a function that thaws it. */
  async function freeze(): Promise<() => void> {
    const [row] = await readRows(
      fixture.location,
      "select pid from pg_stat_activity where datname = current_database() and application_name = 'telltale'",
    );
    const pid = row?.["pid"] as number;
    process.kill(pid, "SIGSTOP");
    return () => process.kill(pid, "SIGCONT");
  }

  // Windows has no such signal.
  const onUnix = process.platform === "win32" ? it.skip : it;

  onUnix("rejects as unavailable when the server hangs, and writes again over a new connection", async () => {
    const writer = await fixture.open({}, new PostgresEngine(fixture.location, 3000, 200));
    await writer.submit(setupWrite("s1"));
    const thaw = await freeze();
    const error = await rejection(writer.submit(tellWrite("s1", 1, "a"))).finally(() => setImmediate(thaw));
    expect(error).to.have.property("code", "unavailable");
    expect(storedOf(await writer.submit(tellWrite("s1", 1, "a")))).to.include({ seq: 2 });
  });

  onUnix("can be closed while the server hangs", async () => {
    const writer = await fixture.open({}, new PostgresEngine(fixture.location, 3000));
    await writer.submit(setupWrite("s1"));
    const thaw = await freeze();
    try {
      const told = rejection(writer.submit(tellWrite("s1", 1, "a")));
      await until(() => writer.bytes === 0);
      writer.abandon();
      expect(await told).to.have.property("code", "unavailable");
      await writer.close();
    } finally {
      thaw();
    }
  });
});
