import { copyFile, open, readFile, readdir, rm, stat, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { Store } from "../../../../src/database/index.js";
import { checkWal } from "../../../../src/database/engines/files/check-wal.js";
import { scanWal } from "../../../../src/database/engines/files/scan-wal.js";
import { execute, readRows } from "../../../../harness/rows.js";
import { temporaryFolder } from "../../../../harness/temporary-folder.js";
import { allowDifference } from "../../../support/checks/rebuild.js";
import { rejection } from "../../../support/checks/rejection.js";
import { verifyDatabase } from "../../../support/database/verify-database.js";
import { setupWrite, tellWrite } from "../../../support/database/writes.js";

const frameBytes = 4096 + 24;

describe("a write-ahead log beside a SQLite file that is to be opened", () => {
  let path = "";

  /** Makes what a killed process leaves: a file and a log with a setup and 20 tells. */
  beforeEach(async () => {
    const folder = await temporaryFolder();
    path = join(folder, "test.db");
    const original = join(folder, "original.db");
    const store = await Store.open(original);
    await store.submit(setupWrite("s1"));
    for (let trial = 1; trial <= 20; trial += 1) await store.submit(tellWrite("s1", trial, `m${trial}`));
    await copyFile(original, path);
    await copyFile(`${original}-wal`, `${path}-wal`);
    await store.close();
  });

  beforeEach(() => {
    allowDifference("cuts logs off and damages them");
  });

  async function flip(position: number, mask = 1): Promise<void> {
    const file = await open(`${path}-wal`, "r+");
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, position);
    byte[0]! ^= mask;
    await file.write(byte, 0, 1, position);
    await file.close();
  }

  async function countMessages(): Promise<unknown> {
    return (await readRows(path, "select count(*) as n from replay_data"))[0]?.["n"];
  }

  it("is read whole if it is undamaged", async () => {
    expect(await checkWal(path, false)).to.equal(undefined);
    await (await Store.open(path)).close();
    expect(await countMessages()).to.equal(21);
  });

  it("is read up to a torn tail", async () => {
    await truncate(`${path}-wal`, (await stat(`${path}-wal`)).size - 100);
    await (await Store.open(path)).close();
    expect(await countMessages()).to.equal(20);
  });

  for (const [place, position] of [
    ["the page of a frame", 32 + 10 * frameBytes + 1000],
    ["the salts of a frame", 32 + 10 * frameBytes + 9],
    ["the stored checksum of a frame", 32 + 10 * frameBytes + 17],
    ["the page size of the header", 10],
    ["the magic number of the header", 1],
    ["the salts of the header", 17],
    ["the checksum of the header", 25],
  ] as const) {
    it(`is refused with a bit flipped in ${place}, and both files are copied once`, async () => {
      await flip(position);
      const [main, log] = [await readFile(path), await readFile(`${path}-wal`)];
      expect(await rejection(Store.open(path))).to.have.property("code", "damaged_log");
      const error = await rejection(Store.open(path));
      expect(String(error)).to.include("--accept-damaged-wal");
      const copies = (await readdir(dirname(path))).filter((name) => name.includes(".damaged-"));
      expect(copies).to.have.length(2);
      const [copy] = copies.sort();
      expect(main.equals(await readFile(join(dirname(path), copy!)))).to.equal(true);
      expect(log.equals(await readFile(join(dirname(path), `${copy}-wal`)))).to.equal(true);
      expect(log.equals(await readFile(`${path}-wal`))).to.equal(true);
    });
  }

  it("tells every flipped bit of its last frame from a torn tail", async () => {
    const last = (await stat(`${path}-wal`)).size - frameBytes;
    const { transactions } = (await scanWal(`${path}-wal`))!;
    // Every part of the frame's header, and places all over its page.
    for (const at of [...Array(24).keys(), 24, 25, 26, 27, 100, 1001, 2222, 3003, 4118, 4119]) {
      const mask = 1 << (at % 8);
      await flip(last + at, mask);
      expect(await scanWal(`${path}-wal`), `byte ${at}`).to.include({
        transactions: transactions - 1,
        transactionsBehind: 1,
      });
      await flip(last + at, mask);
    }
  });

  it("is found damaged by a reader that verifies the database", async () => {
    await flip((await stat(`${path}-wal`)).size - frameBytes + 500);
    const [found] = await verifyDatabase(path);
    expect(found?.what).to.match(
      /-wal is damaged: SQLite would read its first \d+ transactions and drop the 1/,
    );
  });

  it("is read up to the damage where that is accepted", async () => {
    await flip((await stat(`${path}-wal`)).size - 60 * frameBytes);
    const reasons: string[] = [];
    const store = await Store.open(path, {
      isWalDamageAccepted: true,
      onWalDamage: (sentence) => reasons.push(sentence),
    });
    await store.close();
    expect(reasons).to.have.length(1);
    expect(await countMessages()).to.be.within(1, 20);
  });

  /** Makes a log whose newest transaction is followed by older frames, under other salts. */
  async function restartLog(): Promise<void> {
    const store = await Store.open(`${path}.reset`);
    await store.submit(setupWrite("s1"));
    for (let trial = 1; trial <= 5; trial += 1) await store.submit(tellWrite("s1", trial));
    // SQLite begins to overwrite the log from its beginning, under new salts.
    await execute(`${path}.reset`, "pragma wal_checkpoint(passive)");
    await store.submit(tellWrite("s1", 6));
    await copyFile(`${path}.reset`, path);
    await copyFile(`${path}.reset-wal`, `${path}-wal`);
    await store.close();
  }

  it("is read without an alarm if older frames follow the newest", async () => {
    await restartLog();
    expect(await checkWal(path, false)).to.equal(undefined);
  });

  it("is refused with a bit flipped in its newest transaction, which older frames follow", async () => {
    await restartLog();
    expect(await scanWal(`${path}-wal`)).to.include({ transactions: 1, transactionsBehind: 0 });
    await flip(32 + 500);
    expect(await rejection(checkWal(path, false))).to.have.property("code", "damaged_log");
  });

  it("is refused without its main file, and kept", async () => {
    await rm(path);
    const before = await readFile(`${path}-wal`);
    expect(await rejection(Store.open(path))).to.have.property("code", "stray_log");
    expect(before.equals(await readFile(`${path}-wal`))).to.equal(true);
  });

  it("is refused beside an older copy of its main file", async () => {
    const store = await Store.open(`${path}.grown`);
    await store.submit(setupWrite("s1"));
    await execute(`${path}.grown`, "pragma wal_checkpoint(passive)");
    await copyFile(`${path}.grown`, path);
    await store.submit(setupWrite("s2", `[common]\n# ${"x".repeat(500_000)}`));
    await execute(`${path}.grown`, "pragma wal_checkpoint(passive)");
    await store.submit(tellWrite("s1", 1));
    await copyFile(`${path}.grown-wal`, `${path}-wal`);
    await store.close();
    const error = await rejection(Store.open(path));
    expect(String(error)).to.include("does not belong to");
  });
});
