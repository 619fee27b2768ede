import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { commandPath } from "../../harness/child-processes.js";
import { tableNames } from "../../src/database/index.js";
import { ReadOnlyStore, Store } from "../../src/database/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { Client } from "../../harness/client.js";
import { execute, readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "bbbbbbbb-0000-4000-8000-000000000002";
const tables = tableNames.filter((name) => !["migrations", "deleted_session"].includes(name));

async function countRows(db: string): Promise<Record<string, unknown>> {
  const counts = tables.map((table) => `(select count(*) from ${table}) as ${table}`).join(", ");
  return (await readRows(db, `select ${counts}`))[0] ?? {};
}

/** Long before now, in the messages and in what they say. */
const makeOld = ["replay_data", "raw_data"]
  .map((table) => `update ${table} set timestamp = '2026-01-01T00:00:00.000Z'`)
  .join("; ");

describeOnEngines("telltale delete", (engine) => {
  let db: string;

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
  });

  const remove = (...flags: string[]) => runCommand(["delete", "--db", db, ...flags]);

  /** Two sessions of a setup, a tell, a strat and a rejection each, which ended long ago. */
  async function write(): Promise<void> {
    const served = await DaemonProcess.start(db);
    for (const session of [first, second]) {
      const client = await Client.connect(served.url);
      await client.request({ type: "setup", session, message: { participant_id: `secret of ${session}` } });
      await client.request({ type: "tell", message: { config: { x: [0.5] }, outcome: 1 } });
      await client.request({ type: "strat", message: { mean: 1 } });
      await client.request({ type: "setup", session, message: { participant_id: "another" } });
      await client.close();
    }
    await served.end("SIGTERM");
    await age();
  }

  const age = () => execute(db, makeOld);

  it("deletes every row of the session, none of another, and lists what it deleted", async () => {
    await write();
    const before = await countRows(db);
    const { code, stdout, stderr } = await remove("aaaa", "--yes");
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    expect(stdout).to.match(new RegExp(`^The session ${first} is deleted:\n {2}outcome_data: 1 row\n`));
    expect(stdout).to.include("replay_data: 3 rows").and.to.include("master: 1 row");
    expect(stdout).to.include("Backups, exports");
    for (const table of tables) expect(before[table], table).to.be.above(0);
    const after = await countRows(db);
    for (const table of tables) expect(after[table], table).to.equal((before[table] as number) / 2);
    expect(await readRows(db, "select session_id from master")).to.deep.equal([{ session_id: second }]);
    const [record] = await readRows(db, "select session_id, deleted_by, row_count from deleted_session");
    expect(record).to.include({ session_id: first, row_count: 10 });
    expect(record?.["deleted_by"]).to.match(/^.+@.+$/);
  });

  it("deletes the sessions that flags select, and lists each", async () => {
    await write();
    const one = await remove("--participant", `secret of ${second}`, "--to", "2026-06-01", "--yes");
    expect([one.code, one.stderr]).to.deep.equal([0, ""]);
    expect(one.stdout).to.include(`The session ${second} is deleted:`).and.not.to.include(first);
    expect(await readRows(db, "select session_id from master")).to.deep.equal([{ session_id: first }]);
    const none = await remove("--from", "2026-06-01", "--yes");
    expect([none.code, none.stdout]).to.deep.equal([1, ""]);
    expect(none.stderr).to.include("holds no session with from");
  });

  it("deletes none of several sessions if one of them is live", async () => {
    await write();
    const database = await Store.open(db);
    await database.submit(tellWrite(second, 9));
    await database.close();
    const before = await countRows(db);
    const { code, stdout, stderr } = await remove("--from", "2026-01-01", "--yes");
    expect([code, stdout]).to.deep.equal([1, ""]);
    expect(stderr).to.include(`The session ${second} is live`).and.to.include("No session is deleted");
    expect(await countRows(db)).to.deep.equal(before);
  });

  it("refuses a live session", async () => {
    await write();
    const database = await Store.open(db);
    await database.submit(tellWrite(first, 9));
    await database.close();
    const before = await countRows(db);
    // It asks nothing before.
    const { code, stdout, stderr } = await remove(first);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/^The session .* is live: .*\n$/);
    expect(code).to.equal(1);
    expect(await countRows(db)).to.deep.equal(before);
  });

  it("deletes a session that ended just now", async () => {
    const served = await DaemonProcess.start(db);
    const client = await Client.connect(served.url);
    await client.request({ type: "setup", session: first, message: {} });
    await client.request({ type: "exit" });
    await client.close();
    // Also while the daemon runs.
    const { code, stderr } = await remove("last", "--yes");
    expect(stderr).to.equal("");
    expect(code).to.equal(0);
    const again = await Client.connect(served.url);
    expect(await again.request({ type: "tell", session: first, message: { outcome: 1 } })).to.include({
      code: "deleted",
      retry: false,
    });
    await again.close();
    expect(await readRows(db, "select session_id from master")).to.deep.equal([]);
    await served.end("SIGTERM");
  });

  it("leaves no record with --no-record", async () => {
    await write();
    const { code, stdout } = await remove(first, "--yes", "--no-record");
    expect(code).to.equal(0);
    expect(stdout).not.to.include("deleted_session");
    expect(await readRows(db, "select session_id from deleted_session")).to.deep.equal([]);
  });

  it("deletes nothing without --yes where it cannot ask", async () => {
    await write();
    const { code, stdout, stderr } = await remove(first);
    expect(stdout).to.equal("");
    expect(stderr).to.match(/^The session .*3 messages, 1 trial.* pass --yes to confirm\.\n$/);
    expect(code).to.equal(1);
    expect(await readRows(db, "select count(*) as n from master")).to.deep.equal([{ n: 2 }]);
  });

  for (const [what, name, sentence] of [
    ["a session that does not exist", "nobody", /^There is no session nobody;/],
    ["an empty name", "", /^The name of a session must not be empty/],
    ["digits that are a unique_id and the beginning of an id", "1", /\(unique_id:1\).*\(id:1\)/],
    ["a name of several sessions", "b", /^The ids of several sessions begin with b/],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await write();
      const database = await Store.open(db);
      await database.submit(setupWrite("bbbb0000-0000-4000-8000-000000000003"));
      await database.submit(setupWrite("1bbb0000-0000-4000-8000-000000000004"));
      await database.close();
      const { code, stderr } = await remove(name, "--yes");
      expect(stderr).to.match(sentence);
      expect(code).to.equal(1);
    });
  }

  // What a server's files hold is the server's matter.
  (engine.name === "SQLite" ? it : () => undefined)(
    "leaves nothing of the session in the files",
    async () => {
      await write();
      expect((await readFile(db)).includes(`secret of ${first}`)).to.equal(true);
      await remove(first, "--yes");
      const file = await readFile(db);
      expect(file.includes(`secret of ${first}`)).to.equal(false);
      expect(file.includes(`secret of ${second}`)).to.equal(true);
      const log = await stat(`${db}-wal`).catch(() => undefined);
      expect(log?.size ?? 0).to.equal(0);
    },
  );
});

describe("telltale delete", () => {
  it("says so if a reader keeps the write-ahead log from being emptied", async () => {
    const db = join(await temporaryFolder(), "test.db");
    const database = await Store.open(db);
    await database.submit(setupWrite(first));
    await execute(db, makeOld);
    const reader = await ReadOnlyStore.open(db);
    await reader.reader.query("begin");
    await reader.reader.query("select * from master");
    const { code, stdout, stderr } = await runCommand(["delete", first, "--yes", "--db", db]);
    expect(stdout).to.include("is deleted");
    expect(stderr).to.match(/^Another program holds .*test\.db-wal open, .*\n$/);
    expect(code).to.equal(0);
    await reader.reader.query("rollback");
    await reader.close();
    await database.close();
  });

  it("creates no database", async () => {
    const db = join(await temporaryFolder(), "missing.db");
    const { code, stderr } = await runCommand(["delete", first, "--yes", "--db", db]);
    expect(stderr).to.match(/does not exist/);
    expect(code).to.equal(1);
    expect(await stat(db).catch(() => undefined)).to.equal(undefined);
  });

  for (const [answer, rows] of [
    ["yes", 0],
    ["no", 1],
    ["\u0003", 1],
  ] as const) {
    it(`asks on a terminal, and ${rows === 0 ? "deletes" : "keeps"} the session after ${JSON.stringify(answer)}`, async function () {
      if (process.platform !== "linux") this.skip();
      const db = join(await temporaryFolder(), "test.db");
      const database = await Store.open(db);
      await database.submit(setupWrite(first));
      await database.close();
      await execute(db, makeOld);
      const command = `${process.execPath} ${commandPath} delete ${first} --db ${db}`;
      const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "ignore"] });
      let said = "";
      for await (const chunk of terminal.stdout) {
        said += String(chunk);
        if (!terminal.stdin.writableEnded && said.includes("Type yes: ")) terminal.stdin.end(`${answer}\n`);
      }
      if (terminal.exitCode === null) await once(terminal, "exit");
      expect(said).to.include("Delete it?");
      expect(terminal.exitCode === 0).to.equal(rows === 0);
      expect(await readRows(db, "select count(*) as n from master")).to.deep.equal([{ n: rows }]);
    });
  }
});
