import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { readRows } from "../../../../harness/rows.js";
import { temporaryFolder } from "../../../../harness/temporary-folder.js";
import { ReadOnlyStore, Store } from "../../../../src/database/index.js";
import { expectCode } from "../../../support/checks/expect-code.js";
import { until } from "../../../support/checks/until.js";
import { storedOf } from "../../../support/database/settlements.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

/** What happens to the files of an open database. */
const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "the database file is deleted": (path) => rm(path),
  "the database file is moved": (path) => rename(path, `${path}.moved`),
  "a copy replaces the database file": async (path) => {
    await copyFile(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
  },
  "another database replaces the database file": async (path) => {
    const other = await Store.open(`${path}.other`);
    await other.submit(setupWrite("other"));
    await other.close();
    await rename(`${path}.other`, path);
  },
  "the folder is moved": (path) => rename(dirname(path), `${dirname(path)}-moved`),
  "the folder is deleted": (path) => rm(dirname(path), { recursive: true }),
  "another folder replaces the folder": async (path) => {
    await rename(dirname(path), `${dirname(path)}-moved`);
    await mkdir(dirname(path));
  },
  "the write-ahead log is deleted": (path) => rm(`${path}-wal`),
  "a copy replaces the write-ahead log": async (path) => {
    await copyFile(`${path}-wal`, `${path}.copy`);
    await rename(`${path}.copy`, `${path}-wal`);
  },
  "the index of the log is deleted": (path) => rm(`${path}-shm`),
};

describe("a SQLite database whose files change while readers have it open", () => {
  let path = "";
  let store: Store;
  let archive: ReadOnlyStore;
  let copies: string[];
  let failures: string[];

  beforeEach(async () => {
    path = join(await temporaryFolder(), "data", "test.db");
    copies = [];
    failures = [];
    store = await Store.open(path, {
      busyTimeoutMs: 200,
      onRescue: (copy) => copies.push(copy),
      onFailure: (error) => failures.push(String(error)),
      beforeReopen: () => archive.releaseIfMoved(),
    });
    archive = await ReadOnlyStore.open(path, { yieldTo: store });
    await store.submit(setupWrite("s1"));
    await store.submit(tellWrite("s1", 1, "m1"));
    for (const reader of [store, archive])
      expect(await reader.findSession("s1")).to.have.property("id", "s1");
  });

  afterEach(async () => {
    await archive.close();
    await store.close();
  });

  /** The ids of the tells that the next process finds in a file. */
  async function readIds(file: string): Promise<unknown[]> {
    const rows = await readRows(file, "select message_id from replay_data where message_type = 'tell'");
    return rows.map((row) => row["message_id"]);
  }

  for (const [name, change] of Object.entries(changes)) {
    it(`keeps every acknowledged message when ${name}`, async () => {
      await change(path);
      await expectCode(store.submit(tellWrite("s1", 2, "m2")), "unavailable");
      expect(failures[0]).to.match(
        /was (deleted or moved|replaced by another file) while telltale had it open/,
      );
      const isEmpty = (await store.findSession("s1")) === undefined;
      await store.submit(setupWrite(isEmpty ? "s1" : "s2"));
      storedOf(await store.submit(tellWrite("s1", 2, "m2")));
      storedOf(await store.submit(tellWrite("s1", 3, "m3")));
      await archive.close();
      await store.close();
      const held = [...(await readIds(path)), ...(copies[0] === undefined ? [] : await readIds(copies[0]))];
      expect(held).to.include.members(["m1", "m2", "m3"]);
      expect(await readRows(path, "pragma integrity_check")).to.deep.equal([{ integrity_check: "ok" }]);
    });
  }

  it("copies what a deleted database file held, for its owner only", async () => {
    await rm(path);
    await expectCode(store.submit(tellWrite("s1", 2, "m2")), "unavailable");
    expect(copies).to.have.length(1);
    expect(await readIds(copies[0] ?? "")).to.deep.equal(["m1", "m2"]);
    expect((await stat(copies[0] ?? "")).mode & 0o777).to.equal(0o600);
  });

  it("notices a change when it closes, and copies the last messages", async () => {
    await rm(path);
    await archive.close();
    await store.close();
    expect(await readIds(copies[0] ?? "")).to.deep.equal(["m1"]);
  });

  it("reads the database that the path names", async () => {
    await changes["another database replaces the database file"]?.(path);
    await expectCode(archive.findSession("s1"), "unavailable");
    await expectCode(store.probe(), "unavailable");
    await until(async () => (await archive.findSession("other").catch(() => undefined)) !== undefined);
    expect(await archive.findSession("s1")).to.equal(undefined);
  });
});
