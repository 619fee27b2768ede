import { copyFile, mkdir, readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { migrations } from "../../../migrations/index.js";
import { DatabaseError, ReadOnlyStore, Store } from "../../../src/database/index.js";
import { withMigrations } from "../../support/database/data-source.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute, lockWriters, readRows } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { setupWrite, tellWrite } from "../../support/database/writes.js";

describeOnEngines("Store", (engine) => {
  let path: string;

  beforeEach(async () => {
    path = await engine.makeLocation();
  });

  it("can be closed twice", async () => {
    const database = await Store.open(path);
    await database.close();
    await database.close();
  });

  it("refuses to write after it was closed", async () => {
    const database = await Store.open(path);
    await database.close();
    const error = await rejection(database.submit(setupWrite("s1")));
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", "closed");
  });

  it("finds a session with what its tells are derived with", async () => {
    const database = await Store.open(path);
    await database.submit(
      setupWrite("s1", "[common]\nstimuli_per_trial = 2\noutcome_names = [correct, rt]\n"),
    );
    expect(await database.findSession("s1")).to.deep.equal({
      id: "s1",
      experimentId: "e1",
      trialForm: { stimuliPerTrial: 2, outcomeNames: ["correct", "rt"] },
    });
    expect(await database.findSession("s2")).to.equal(undefined);
    await database.close();
  });

  it("rolls back a scope that throws, and passes the error on", async () => {
    const database = await Store.open(path);
    const failed = database.sessionScope(async (manager) => {
      await manager.query("insert into master (session_id, last_seq) values ('gone', 0)");
      throw new Error("mine");
    });
    expect(await rejection(failed)).to.have.property("message", "mine");
    expect(await database.findSession("gone")).to.equal(undefined);
    await database.close();
  });

  it("gives a scope its turn among the messages", async () => {
    const database = await Store.open(path);
    const count = () =>
      database.sessionScope(async (manager) => {
        const [row] = await manager.query<{ n: unknown }[]>("select count(*) as n from replay_data");
        return Number(row?.n);
      });
    const results = await Promise.all([
      database.submit(setupWrite("s1")),
      count(),
      database.submit(tellWrite("s1", 1)),
      count(),
    ]);
    expect([results[1], results[3]]).to.deep.equal([1, 2]);
    await database.close();
  });

  it("reads on while another program has the database locked", async () => {
    const database = await Store.open(path);
    await database.submit(setupWrite("s1"));
    const unlock = await lockWriters(path);
    expect(await database.findSession("s1")).to.have.property("id", "s1");
    await unlock();
    await database.close();
  });

  it("lets two of them in one process lose nothing", async () => {
    const [a, b] = [await Store.open(path), await Store.open(path)];
    await a.submit(setupWrite("s1"));
    const tells = Array.from({ length: 200 }, (_, trial) =>
      (trial % 2 === 0 ? a : b).submit(tellWrite("s1", trial, `t${trial}`)),
    );
    await Promise.all(tells);
    await Promise.all([a.close(), b.close()]);
    const rows = await readRows(path, "select seq from replay_data order by seq");
    expect(rows.map(({ seq }) => seq)).to.deep.equal(Array.from({ length: 201 }, (_, index) => index + 1));
  });

  it("may be opened by several at once while it is empty", async () => {
    for (let round = 0; round < 3; round += 1) {
      const empty = await engine.makeLocation();
      const several = await Promise.all([1, 2, 3].map(() => Store.open(empty)));
      for (const [index, database] of several.entries()) await database.submit(setupWrite(`s${index}`));
      for (const database of several) await database.close();
      const applied = await readRows(empty, "select name from migrations order by id");
      expect(applied.map(({ name }) => name)).to.deep.equal(migrations.map(({ name }) => name));
    }
  });

  it("fails a probe while another program has the database locked", async () => {
    const database = await Store.open(path, { busyTimeoutMs: 50 });
    await database.probe();
    const unlock = await lockWriters(path);
    expect(await rejection(database.probe())).to.have.property("code", "unavailable");
    await unlock();
    await database.probe();
    await database.close();
  });
});

describe("Store on a SQLite file", () => {
  let folder: string;
  let path: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder, "test.db");
  });

  it("makes the file and its folder where they are missing", async () => {
    path = join(folder, "new", "folder", "test.db");
    await (await Store.open(path)).close();
    expect((await stat(path)).isFile()).to.equal(true);
  });

  it("takes an empty file for a new database", async () => {
    await writeFile(path, "");
    await (await Store.open(path)).close();
    expect(await readRows(path, "select count(*) as n from migrations")).to.deep.equal([
      { n: migrations.length },
    ]);
  });

  it("names the engine's version", async () => {
    const database = await Store.open(path);
    expect(database.engineVersion).to.match(/^SQLite 3\.[0-9.]+$/);
    await database.close();
  });

  it("writes through to the disk with every commit", async () => {
    const database = await Store.open(path);
    const ask = (pragma: string) =>
      database.sessionScope((manager) => manager.query<object[]>(`pragma ${pragma}`));
    expect(await ask("journal_mode")).to.deep.equal([{ journal_mode: "wal" }]);
    expect(await ask("synchronous")).to.deep.equal([{ synchronous: 2 }]);
    expect(await ask("foreign_keys")).to.deep.equal([{ foreign_keys: 1 }]);
    await database.close();
  });

  it("leaves no write-ahead log behind when it is closed", async () => {
    const database = await Store.open(path);
    await database.submit(setupWrite("s1"));
    await database.close();
    expect(await stat(`${path}-wal`).catch(() => undefined)).to.equal(undefined);
  });

  describe("refuses, and leaves as it is,", () => {
    async function expectRefusal(location: string, code: string, ...words: string[]): Promise<void> {
      const error = await rejection(Store.open(location));
      expect(error).to.be.instanceOf(DatabaseError).with.property("code", code);
      for (const word of words) expect((error as Error).message).to.include(word);
    }

    it("a file that is no database", async () => {
      await writeFile(path, "participant,trial,outcome\n".repeat(100));
      const before = await readFile(path);
      await expectRefusal(path, "not_a_database", path, "choose another file");
      expect(await readFile(path)).to.deep.equal(before);
    });

    it("a folder", async () => {
      await expectRefusal(folder, "cannot_open", "folder");
    });

    it("a database of another program", async () => {
      await execute(path, "create table songs (title text)");
      const before = await readFile(path);
      await expectRefusal(path, "foreign_database", "another program");
      expect(await readFile(path)).to.deep.equal(before);
    });

    it("a database of another program that has migrations", async () => {
      await execute(path, "create table migrations (name text); insert into migrations values ('Songs1')");
      await expectRefusal(path, "foreign_database", "another program");
    });

    it("a database of a newer telltale", async () => {
      await (await Store.open(path)).close();
      await execute(
        path,
        "insert into migrations (timestamp, name) values (2000000000000, 'FromTomorrow2000000000000')",
      );
      const copy = join(folder, "copy.db");
      await copyFile(path, copy);
      await expectRefusal(path, "newer_database", "newer telltale", "FromTomorrow2000000000000", "install");
      expect(await readFile(path)).to.deep.equal(await readFile(copy));
    });

    for (const generation of [1, 2, 3, 4]) {
      it(`a file that AEPsych wrote, of generation ${generation - 1}`, async () => {
        await withMigrations(path, generation, (dataSource) => dataSource.query("drop table migrations"));
        const before = await readFile(path);
        for (const kind of [Store, ReadOnlyStore]) {
          const error = await rejection(kind.open(path));
          expect(error).to.be.instanceOf(DatabaseError).with.property("code", "aepsych_database");
          expect(String(error)).to.include(`telltale migrate ${path}`);
        }
        expect(await readFile(path)).to.deep.equal(before);
      });
    }

    it("a folder that is synced", async () => {
      await mkdir(join(folder, "Dropbox"));
      await expectRefusal(join(folder, "Dropbox", "lab", "test.db"), "unsafe_folder", "Dropbox");
    });

    for (const name of [
      "Dropbox (Personal)",
      "OneDrive - Lab",
      "OneDrive-Lab",
      "GoogleDrive-me@example.org",
      "Box",
      "Seafile",
      "SynologyDrive",
    ]) {
      it(`a folder called ${name}`, async () => {
        await expectRefusal(join(folder, name, "test.db"), "unsafe_folder", name);
      });
    }

    it("a link to a folder that is synced", async () => {
      await mkdir(join(folder, "Dropbox"));
      await symlink(join(folder, "Dropbox"), join(folder, "data"));
      await expectRefusal(join(folder, "data", "lab", "test.db"), "unsafe_folder", "Dropbox");
    });

    it("a folder in memory", async () => {
      await expectRefusal("/dev/shm/telltale/test.db", "unsafe_folder", "in memory");
    });

    it("a folder that cannot be made", async () => {
      await writeFile(join(folder, "file"), "");
      await expectRefusal(join(folder, "file", "test.db"), "cannot_open", "--db");
    });

    for (const address of [
      "postgres:/user:hunter2@localhost/db",
      " postgres://user:hunter2@localhost:none/db",
      "POSTGRES:user:hunter2@localhost/db",
      "postgres_://user:hunter2@localhost/db",
      "sqlite:///lab.db",
      "file:lab.db",
      " http://localhost/lab.db",
      "./http://localhost/lab.db",
      "postgres//user:hunter2@localhost/db",
      "postgresql;//user:hunter2@localhost/db",
      "postgres/user:hunter2@localhost/db",
      "//user:hunter2@localhost/db",
      "user:hunter2@localhost/db",
    ]) {
      it(`what looks like an address, and makes no folder: ${address}`, async () => {
        const before = await readdir(".");
        await expectRefusal(address, "bad_address");
        for (const kind of [Store, ReadOnlyStore])
          expect(String(await rejection(kind.open(address)))).not.to.include("hunter2");
        expect(await readdir(".")).to.deep.equal(before);
      });
    }

    it("an address of another kind of server", async () => {
      await expectRefusal("mysql://user:secret@localhost/db", "bad_address", "PostgreSQL");
      const error = await rejection(Store.open("mysql://user:secret@localhost/db"));
      expect(String(error)).not.to.include("secret");
    });
  });
});
