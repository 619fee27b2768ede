import { copyFile, mkdir, readdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { Store } from "../../../../src/database/index.js";
import { readRows } from "../../../../harness/rows.js";
import { temporaryFolder } from "../../../../harness/temporary-folder.js";
import { rejection } from "../../../support/checks/rejection.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

/** What is done to the files of an open database. */
const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "the main file was deleted": (path) => rm(path),
  "the main file was moved": (path) => rename(path, `${path}.moved`),
  "the main file was replaced by a copy": async (path) => {
    await copyFile(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
  },
  "the main file was replaced by another database": async (path) => {
    const other = await Store.open(`${path}.other`);
    await other.close();
    await rename(`${path}.other`, path);
  },
  "its folder was moved": (path) => rename(dirname(path), `${dirname(path)}-moved`),
  "its folder was deleted": (path) => rm(dirname(path), { recursive: true }),
  "its folder was replaced": async (path) => {
    await rename(dirname(path), `${dirname(path)}-moved`);
    await mkdir(dirname(path));
  },
  "the log was deleted": (path) => rm(`${path}-wal`),
  "the log was replaced": async (path) => {
    await copyFile(`${path}-wal`, `${path}.copy`);
    await rename(`${path}.copy`, `${path}-wal`);
  },
  "the index of the log was deleted": (path) => rm(`${path}-shm`),
};

describe("a SQLite file that is changed while it is open", () => {
  let path = "";
  let store: Store;
  let rescued: string[];
  let failures: string[];

  beforeEach(async () => {
    path = join(await temporaryFolder(), "data", "test.db");
    rescued = [];
    failures = [];
    store = await Store.open(path, {
      busyTimeoutMs: 200,
      onRescue: (file) => rescued.push(file),
      onFailure: (error) => failures.push(String(error)),
    });
    await store.submit(setupWrite("s1"));
    await store.submit(tellWrite("s1", 1, "m1"));
    expect(await store.findSession("s1")).to.have.property("id", "s1");
  });

  afterEach(() => store.close());

  /** The ids of the session's messages that a new process would read in a file. */
  async function readIds(file: string): Promise<unknown[]> {
    const rows = await readRows(file, "select message_id from replay_data where message_id like 'm%'").catch(
      () => [],
    );
    return rows.map((row) => row["message_id"]);
  }

  for (const [name, change] of Object.entries(changes)) {
    it(`acknowledges nothing that would be lost when ${name}`, async () => {
      await change(path);
      const error = await rejection(store.submit(tellWrite("s1", 2, "m2")));
      expect(error).to.have.property("code", "unavailable");
      expect(failures[0]).to.match(
        /was (deleted or moved|replaced by another file) while telltale had it open/,
      );
      const settlement = await store.submit(tellWrite("s1", 2, "m2"));
      await store.close();
      const acknowledged = settlement.kind === "stored" ? ["m1", "m2"] : ["m1"];
      const held = new Set([
        ...(await readIds(path)),
        ...(rescued[0] === undefined ? [] : await readIds(rescued[0])),
      ]);
      expect([...held]).to.include.members(acknowledged);
    });
  }

  it("copies what a deleted main file held, for its owner only", async () => {
    await rm(path);
    await rejection(store.submit(tellWrite("s1", 2, "m2")));
    expect(rescued).to.have.length(1);
    expect(await readIds(rescued[0] ?? "")).to.deep.equal(["m1", "m2"]);
  });

  it("keeps another's log under another name", async () => {
    await writeFile(`${path}.copy`, "no log");
    await rename(`${path}.copy`, `${path}-wal`);
    await rejection(store.submit(tellWrite("s1", 2, "m2")));
    await store.submit(tellWrite("s1", 2, "m2"));
    expect((await readdir(dirname(path))).filter((name) => name.includes("-wal.replaced-"))).to.have.length(
      1,
    );
    await store.close();
    expect(await readIds(path)).to.deep.equal(["m1", "m2"]);
  });

  it("reads what is at the path", async () => {
    const other = await Store.open(`${path}.other`);
    await other.submit(setupWrite("s2"));
    await other.close();
    await rename(`${path}.other`, path);
    await rejection(store.submit(tellWrite("s1", 2, "m2")));
    await store.probe();
    expect(await store.findSession("s2")).to.have.property("id", "s2");
    expect(await store.findSession("s1")).to.equal(undefined);
  });

  it("acknowledges nothing once the main file has become shorter", async () => {
    await store.close();
    store = await Store.open(path, { onFailure: (error) => failures.push(String(error)) });
    // SQLite then has the pages that a message needs in its cache, and does not notice.
    await store.submit(tellWrite("s1", 2, "m2"));
    await truncate(path, 4096);
    const error = await rejection(store.submit(tellWrite("s1", 3, "m3")));
    expect(error).to.have.property("code", "unavailable");
    expect(failures[0]).to.include("has become shorter");
  });
});
