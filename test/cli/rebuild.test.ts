import { readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { withMigrations } from "../support/database/data-source.js";
import { makePostgresDatabase } from "../../harness/postgres/test-databases.js";
import { checkSessions } from "../../harness/check-sessions.js";
import { allowDifference, expectDerived } from "../support/checks/rebuild.js";
import { execute, readRows } from "../../harness/rows.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { setupWrite, tellWrite } from "../support/database/writes.js";

const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "aaaabbbb-0000-4000-8000-000000000002";

describe("telltale rebuild", () => {
  let folder: string;
  let db: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = join(folder, "test.db");
  });

  const rebuild = (...flags: string[]) => runCommand(["rebuild", "--db", db, ...flags], { cwd: folder });

  /** Two sessions with a tell each. */
  async function write(): Promise<void> {
    const database = await Store.open(db);
    for (const session of [first, second]) {
      await database.submit(setupWrite(session));
      await database.submit(tellWrite(session, 1));
    }
    await database.close();
  }

  const spoil = () => execute(db, "update outcome_data set outcome_value = 2");

  it("says that nothing differs, and exits with 0", async () => {
    await write();
    for (const flags of [["--all"], ["--all", "--check"]]) {
      const { code, stdout, stderr } = await rebuild(...flags);
      expect(stderr).to.equal("");
      expect(stdout).to.match(/^2 sessions compared, 0 [a-z ]+\.\n$/);
      expect(code).to.equal(0);
    }
  });

  it("reports differences, changes nothing, and exits with 2, with --check", async () => {
    allowDifference("changes outcomes");
    await write();
    await spoil();
    const before = await readFile(db);
    const { code, stdout } = await rebuild("--all", "--check");
    expect(stdout).to.equal(
      `${first}: differs, 1 trial added, 1 trial removed\n` +
        '  Message 2, trial 1: outcome "outcome" is 2, not "outcome" 1.\n' +
        `${second}: differs, 1 trial added, 1 trial removed\n` +
        '  Message 2, trial 1: outcome "outcome" is 2, not "outcome" 1.\n' +
        "2 sessions compared, 2 would change.\n",
    );
    expect(code).to.equal(2);
    expect(await readFile(db)).to.deep.equal(before);
  });

  it("rebuilds every session, and exits with 0, with --all", async () => {
    await write();
    await spoil();
    const { code, stdout } = await rebuild("--all");
    expect(stdout).to.include("2 sessions compared, 2 changed.");
    expect(code).to.equal(0);
    await expectDerived(db);
  });

  for (const [what, name] of [
    ["its id", first],
    ["its id in capitals", first.toUpperCase()],
    ["the beginning of its id", "aaaaa"],
    ["its unique_id", "1"],
  ] as const) {
    it(`rebuilds only the named session, by ${what}`, async () => {
      allowDifference("changes the outcomes of two sessions, and rebuilds one");
      await write();
      await spoil();
      const { code, stdout } = await rebuild(name);
      expect(stdout).to.include(`${first}: rebuilt`).and.to.include("1 session compared, 1 changed.");
      expect(code).to.equal(0);
      const sessions = await checkSessions(db);
      expect(sessions.map(({ isDifferent }) => isDifferent)).to.deep.equal([false, true]);
    });
  }

  it("takes the database from the environment after its flag", async () => {
    await write();
    const { code, stdout } = await runCommand(["rebuild", "--all"], { env: { TELLTALE_DB: db } });
    expect(stdout).to.include("2 sessions compared");
    expect(code).to.equal(0);
  });

  async function expectRefusal(flags: readonly string[], ...words: string[]): Promise<void> {
    const { code, stdout, stderr } = await rebuild(...flags);
    expect(stdout).to.equal("");
    for (const word of words) expect(stderr).to.include(word);
    expect(stderr).not.to.match(/^\s+at /m);
    expect(code).to.equal(1);
  }

  it("refuses a session that does not exist, and rebuilds none", async () => {
    allowDifference("changes outcomes");
    await write();
    await spoil();
    await expectRefusal([first, "cccc"], "no session cccc");
    expect((await checkSessions(db))[0]).to.include({ isDifferent: true });
  });

  it("refuses an ambiguous beginning of an id", async () => {
    await write();
    await expectRefusal(["aaaa"], "aaaa", first, second);
  });

  it("refuses to run without sessions, or with sessions and --all", async () => {
    await write();
    await expectRefusal([], "--all");
    await expectRefusal([first, "--all"], "--all", "not both");
  });

  it("refuses a database that does not exist, and creates none", async () => {
    await expectRefusal(["--all"], db, "does not exist");
    expect(await stat(db).catch(() => undefined)).to.equal(undefined);
  });

  it("refuses an empty file, and leaves it empty", async () => {
    await writeFile(db, "");
    await expectRefusal(["--all"], db, "is empty");
    expect((await stat(db)).size).to.equal(0);
  });

  for (const flags of [["--all"], ["--all", "--check"]]) {
    it(`refuses an empty PostgreSQL database, and leaves it empty, with ${flags.join(" ")}`, async () => {
      db = await makePostgresDatabase();
      await expectRefusal(flags, "is empty");
      const tables = "select * from information_schema.tables where table_schema = 'public'";
      expect(await readRows(db, tables)).to.deep.equal([]);
    });
  }

  it("says in a sentence that the database is damaged", async () => {
    await write();
    await truncate(db, 12_288);
    for (const flags of [["--all"], ["--all", "--check"]]) await expectRefusal(flags, "damaged");
  });

  it("says that a database holds no sessions", async () => {
    await (await Store.open(db)).close();
    const { code, stdout } = await rebuild("--all");
    expect(stdout).to.equal(`${db} holds no sessions.\n`);
    expect(code).to.equal(0);
  });

  it("refuses a database that AEPsych wrote", async () => {
    await withMigrations(db, 4, (dataSource) => dataSource.query("drop table migrations"));
    await expectRefusal(["--all"], "AEPsych");
  });
});
