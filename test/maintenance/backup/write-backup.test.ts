import { execFileSync } from "node:child_process";
import {
  chmod,
  copyFile,
  link,
  mkdir,
  open,
  readFile,
  readdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { writeBackup } from "../../../src/maintenance/index.js";
import { DatabaseError, ReadOnlyStore } from "../../../src/database/index.js";
import { Database } from "../../../src/library/index.js";
import { Participant, expectStoredOnce } from "../../support/client/participant.js";
import { rejection } from "../../support/checks/rejection.js";
import { execute, readRows } from "../../../harness/rows.js";
import { DaemonProcess } from "../../../harness/daemon-process.js";
import { holdOpen } from "../../../harness/sqlite-rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { legacyFile } from "../../../harness/upgrade/undisturbed-upgrade.js";
import { until } from "../../support/checks/until.js";

const tables = ["master", "replay_data", "config_data", "raw_data", "param_data", "outcome_data"];

describe("writeBackup", () => {
  let db: string;
  let folder: string;
  let path: string;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "lab.db");
    folder = await temporaryFolder();
    path = join(folder, "backup.db");
  });

  /** A session with one tell of a number of trials. */
  async function write(trials = 2): Promise<void> {
    const database = await Database.open(db);
    const master = await database.recordSetup({ name: "contrast" });
    const many = Array.from({ length: trials }, (_, trial) => trial);
    await database.recordMessage(master, "tell", { message: { config: { x: many }, outcome: many } });
    await database.close();
  }

  async function backUp(name = "backup.db", isForced = false, signal = new AbortController().signal) {
    const database = await ReadOnlyStore.open(db);
    try {
      return await writeBackup(database, join(folder, name), { isForced, signal });
    } finally {
      await database.close();
    }
  }

  const force = (name = "backup.db") => backUp(name, true);

  async function expectRefusal(refused: Promise<unknown>, ...words: string[]): Promise<void> {
    const error = await rejection(refused);
    for (const word of words)
      expect(error).to.have.property("message").which.includes(word).and.not.includes("\n");
    expect((await readdir(folder)).filter((name) => name.includes("partial"))).to.deep.equal([]);
  }

  it("copies every row into a single file", async () => {
    await write();
    const { rows, strayRows } = await backUp();
    expect(rows).to.include({ master: 1, replay_data: 2, raw_data: 2, param_data: 2 });
    expect(strayRows).to.equal(0);
    for (const table of tables)
      expect(await readRows(path, `select * from ${table}`)).to.deep.equal(
        await readRows(db, `select * from ${table}`),
      );
    expect(await readdir(folder)).to.deep.equal(["backup.db"]);
  });

  it("makes a backup that a daemon can serve, and whose sessions continue", async () => {
    const participants = [new Participant("json"), new Participant("messagepack")];
    const served = await DaemonProcess.start(db);
    for (const participant of participants) await participant.begin(served.url);
    const told = participants.map((participant) => participant.tellUntilLost());
    const acknowledged = () => participants.reduce((sum, one) => sum + one.acknowledged.size, 0);
    for (let round = 1; round <= 3; round += 1) {
      const before = acknowledged();
      await until(() => acknowledged() > before + 50);
      const known = participants.map((one) => new Map(one.acknowledged));
      await force();
      for (const [index, { session, name }] of participants.entries()) {
        const then = Object.assign(new Participant("json", session, name), { acknowledged: known[index] });
        await expectStoredOnce(path, [then]);
      }
    }
    await served.end("SIGKILL");
    await Promise.all(told);

    const restored = await DaemonProcess.start(path);
    for (const participant of participants) {
      // What came after the backup is not in it; the client has it still, and sends it again.
      participant.acknowledged.clear();
      await participant.resume(restored.url);
      await participant.tellAgain();
      await participant.tellUntilLost(10);
      await participant.finish();
    }
    expect(await restored.end("SIGTERM")).to.equal(0);
    for (const participant of participants) await expectStoredOnce(path, [participant]);
  });

  it("gives the backup the permissions of the database", async () => {
    await write();
    await chmod(db, 0o640);
    await backUp();
    expect((await stat(path)).mode & 0o777).to.equal(0o640);
  });

  it("copies what is still in the write-ahead log", async () => {
    await write();
    const letGo = await holdOpen(db, "select 1 from master");
    await execute(db, "update master set experiment_name = 'in the log'");
    expect((await stat(`${db}-wal`)).size).to.be.greaterThan(0);
    await backUp();
    await letGo();
    expect(await readRows(path, "select experiment_name as name from master")).to.deep.equal([
      { name: "in the log" },
    ]);
  });

  it("copies one moment, without making a writer wait", async () => {
    await write();
    const writer = await Database.open(db, { busyTimeoutMs: 0 });
    const [master] = await writer.getMasterRecords();
    const tell = () => writer.recordMessage(master!, "tell", { message: { config: { x: 1 }, outcome: 1 } });
    for (let round = 0; round < 5; round += 1) {
      const made = force();
      const isMade = made.then(() => true);
      // As many as there is time for.
      do await tell();
      while (!(await Promise.race([isMade, Promise.resolve(false)])));
      const { rows } = await made;
      expect(await readRows(path, "select count(*) as n, max(seq) as last from replay_data")).to.deep.equal([
        { n: rows["replay_data"], last: rows["replay_data"] },
      ]);
      expect(await readRows(path, "select last_seq from master")).to.deep.equal([
        { last_seq: rows["replay_data"] },
      ]);
    }
    await writer.close();
  });

  it("refuses to overwrite the database, its parts and its folder, through links too", async () => {
    await write();
    await symlink(db, join(folder, "link"));
    await symlink("link", join(folder, "link to the link"));
    await symlink(dirname(db), join(folder, "lab"));
    await link(db, join(folder, "hard link"));
    for (const name of ["lab/../lab/lab.db", "link", "link to the link", "lab/lab.db", "hard link"])
      await expectRefusal(force(name), "is the database itself");
    for (const end of ["-wal", "-shm", "-journal"])
      await expectRefusal(force(`lab/lab.db${end}`), "is a part of the database");
    await expectRefusal(force("lab"), "is a folder that contains the database");
  });

  it("replaces a symlink when forced, but not the target of the symlink", async () => {
    await write();
    await writeFile(join(folder, "older.db"), "mine");
    await symlink("older.db", path);
    await expectRefusal(backUp(), "already exists");
    await force();
    expect(await readFile(join(folder, "older.db"), "utf8")).to.equal("mine");
    expect(await readRows(path, "select count(*) as n from master")).to.deep.equal([{ n: 1 }]);
  });

  it("refuses to replace a dangling symlink, or a symlink to itself", async () => {
    await write();
    await symlink("nowhere", path);
    await symlink("circle", join(folder, "circle"));
    for (const name of ["backup.db", "circle"]) await expectRefusal(backUp(name), "already exists");
    await expectRefusal(backUp("circle/backup.db"), "cannot be");
    await force();
    expect((await stat(path)).isFile()).to.equal(true);
  });

  it("refuses to replace a folder or a device", async () => {
    await write();
    await mkdir(join(folder, "made"));
    await expectRefusal(force("made"), "is a folder");
    await symlink("/dev/null", join(folder, "null"));
    await expectRefusal(force("null"), "is not an ordinary file");
    await expectRefusal(backUp("none/backup.db"), "its folder does not exist");
  });

  it("refuses the path of a database that is open or was not closed", async () => {
    await write();
    await writeFile(`${path}-wal`, "the log of another database");
    await expectRefusal(backUp(), `${path}-wal`, "is open");
    await expectRefusal(force(), `${path}-wal`, "is open");
  });

  it("keeps the older backup when the database is damaged", async () => {
    await write(10_000);
    await writeFile(path, "an older backup");
    const file = await open(db, "r+");
    await file.write(Buffer.alloc(4096, 0x2a), 0, 4096, 4096 * 20);
    await file.close();
    await expectRefusal(force(), "is damaged");
    expect(await readFile(path, "utf8")).to.equal("an older backup");
  });

  it("refuses a file that AEPsych wrote", async () => {
    await copyFile(legacyFile(1), db);
    const error = await rejection(backUp());
    expect(error).to.be.instanceOf(DatabaseError).with.property("code", "aepsych_database");
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("stops at its signal at any point, and leaves nothing", async () => {
    await write(10_000);
    for (const [index, place] of ["before it begins", "while it copies", "while it checks"].entries()) {
      const stop = new AbortController();
      const database = await ReadOnlyStore.open(db);
      if (index === 0) stop.abort();
      const made = writeBackup(database, path, {
        isForced: false,
        signal: stop.signal,
        onProgress: (done, total) => {
          if (index === 1 || done === total) stop.abort();
        },
      });
      expect(await rejection(made), place).to.have.property("name", "AbortError");
      await database.close();
      expect(await readdir(folder), place).to.deep.equal([]);
    }
  });

  describe("on a disk that fills up", () => {
    let disk: string | undefined;

    const mount = (...options: string[]) =>
      execFileSync("mount", ["-t", "tmpfs", ...options], { stdio: "ignore" });

    beforeEach(async function () {
      disk = undefined;
      const made = join(folder, "disk");
      await mkdir(made);
      try {
        mount("-o", "size=16m", "tmpfs", made);
        disk = made;
      } catch {
        // Only root on Linux may make a disk of its own.
        this.skip();
      }
    });

    afterEach(() => {
      if (disk !== undefined) execFileSync("umount", [disk]);
    });

    it("reports it and leaves nothing, or a complete file, whatever room there is", async () => {
      await write(10_000);
      const { size } = await stat(db);
      const target = join(disk!, "backup.db");
      let refused = 0;
      for (let room = 4096; ; room += Math.ceil(size / 32 / 4096) * 4096) {
        mount("-o", `remount,size=${room}`, disk!);
        const error = await backUp("disk/backup.db").then(
          () => undefined,
          (thrown: unknown) => thrown as Error,
        );
        if (error === undefined) break;
        refused += 1;
        expect(error.message).to.equal(`${target} cannot be written: the disk is full.`);
        expect(await readdir(disk!)).to.deep.equal([]);
      }
      expect(refused).to.be.greaterThan(16);
      expect(await readdir(disk!)).to.deep.equal(["backup.db"]);
      expect(await readRows(target, "select count(*) as n from raw_data")).to.deep.equal([{ n: 10_000 }]);
    });
  });
});
