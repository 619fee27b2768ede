import { readFile, stat, symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Master } from "../../src/entities/index.js";
import { Database } from "../../src/library/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute, lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { expectCode } from "../support/checks/expect-code.js";
import { rejection } from "../support/checks/rejection.js";

const tell = (x: number, outcome: unknown) => ({ message: { config: { x: [x] }, outcome } });

describeOnEngines("Database", (engine) => {
  let path: string;
  let database: Database;

  beforeEach(async () => {
    path = await engine.makeLocation();
    database = await Database.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor", description: "contrast", id: "e1" });

  describe("sessionScope", () => {
    it("rolls back when its work fails, and passes the error on", async () => {
      const failure = new Error("no");
      const scope = database.sessionScope(async (manager) => {
        await manager.query("insert into master (session_id, last_seq) values ('x', 0)");
        throw failure;
      });
      expect(await rejection(scope)).to.equal(failure);
      expect(await database.getMasterRecords()).to.deep.equal([]);
    });

    it("reports the engine's error for a wrong statement, and works afterwards", async () => {
      const scope = database.sessionScope((manager) => manager.query("insert into nowhere values (1)"));
      expect(String(await rejection(scope))).to.include("nowhere");
      expect(await begin()).to.be.instanceOf(Master);
    });
  });

  it("shares a database with another Database, and neither loses anything", async () => {
    const other = await Database.open(path);
    const master = await begin();
    await Promise.all(
      [database, other].flatMap((one) =>
        Array.from({ length: 100 }, (_, x) => one.recordMessage(master, "tell", tell(x, 1))),
      ),
    );
    await other.close();
    const seqs = (await database.getReplayFor(master.uniqueId))!.map(({ seq }) => seq);
    expect(seqs).to.deep.equal(Array.from({ length: 201 }, (_, index) => index + 1));
    expect(await database.getRawFor(master.uniqueId)).to.have.length(200);
  });

  describe("opened to read", () => {
    it("reads, and refuses to write", async () => {
      const master = await begin();
      const reader = await Database.open(path, { readOnly: true });
      expect(await reader.getMasterRecords()).to.deep.equal([master]);
      await expectCode(reader.recordSetup({}), "read_only");
      await expectCode(
        reader.sessionScope(() => Promise.resolve()),
        "read_only",
      );
      await expectCode(reader.deleteDb(), "read_only");
      await reader.close();
    });
  });

  it("deletes every table with deleteDb, and can be opened again", async () => {
    await begin();
    await database.deleteDb();
    database = await Database.open(path);
    expect(await database.getMasterRecords()).to.deep.equal([]);
  });

  it("rejects everything as closed after close()", async () => {
    await database.close();
    await expectCode(database.getMasterRecords(), "closed");
    await expectCode(database.recordSetup({}), "closed");
    await expectCode(database.executeSqlQuery("select 1"), "closed");
  });
});

describe("Database on a SQLite file", () => {
  let path: string;
  let database: Database;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "test.db");
    database = await Database.open(path);
  });

  afterEach(async () => {
    await database.close();
  });

  const begin = () => database.recordSetup({ name: "Gabor" });

  describe("opened to read", () => {
    it("leaves the file unchanged, byte for byte", async () => {
      await begin();
      await database.close();
      const before = await readFile(path);
      const reader = await Database.open(path, { readOnly: true });
      await reader.getMasterRecords();
      await reader.close();
      expect(await readFile(path)).to.deep.equal(before);
    });

    it("creates no file, and refuses an empty one", async () => {
      await expectCode(Database.open(`${path}.missing`, { readOnly: true }), "cannot_open");
      expect(await stat(`${path}.missing`).catch(() => undefined)).to.equal(undefined);
      await execute(`${path}.empty`, "");
      await expectCode(Database.open(`${path}.empty`, { readOnly: true }), "not_a_database");
    });
  });

  describe("deleteDb", () => {
    it("deletes the file and the files next to it", async () => {
      await begin();
      await database.deleteDb();
      for (const file of [path, `${path}-wal`, `${path}-shm`]) {
        expect(await stat(file).catch(() => undefined)).to.equal(undefined);
      }
    });

    it("deletes the file that a link leads to", async () => {
      await begin();
      await database.close();
      const link = join(await temporaryFolder(), "link.db");
      await symlink(path, link);
      const linked = await Database.open(link);
      await linked.deleteDb();
      expect(await stat(path).catch(() => undefined)).to.equal(undefined);
    });

    it("refuses a file that another program has open", async () => {
      await begin();
      const unlock = await lockWriters(path);
      const other = await Database.open(path, { readOnly: true });
      await unlock();
      await other.getMasterRecords();
      await expectCode(database.deleteDb(), "in_use");
      await other.close();
      expect(await readRows(path, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
    });
  });
});
