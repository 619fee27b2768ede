import { spawnSync } from "node:child_process";
import { appendFile, readFile, readdir, rename, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import type { OutboxChanges, OutboxDamage, OutboxMessage } from "../../src/client/index.js";
import { ClientError, openFileOutbox } from "../../src/client-node/index.js";
import { SmallDisk } from "../../harness/small-disk.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const none: OutboxChanges = { added: [], removed: [], rejected: [], dismissed: [] };

function message(id: number, frame = `{"id":"${id}"}`): OutboxMessage {
  return { id: String(id), session: "s", type: "tell", frame };
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => "none",
    (error: unknown) => (error instanceof ClientError ? error.code : error),
  );
}

describe("a file outbox", () => {
  let path: string;

  beforeEach(async () => {
    path = join(await temporaryFolder(), "new folder", "outbox");
  });

  it("returns the messages that were added and not removed when it is opened again", async () => {
    const outbox = await openFileOutbox(path);
    await outbox.write({ ...none, added: [message(1), message(2), message(3)] });
    const rejected = { ...message(2), code: "invalid" as const, reason: "no", stored: false, rejectedAt: 5 };
    await outbox.write({ ...none, removed: ["1"], rejected: [rejected] });
    await outbox.close();
    const again = await openFileOutbox(path);
    expect(await again.read()).to.deep.equal({ waiting: [message(3)], rejected: [rejected] });
    await again.write({ ...none, dismissed: ["2"] });
    await again.close();
    const last = await openFileOutbox(path);
    expect(await last.read()).to.deep.equal({ waiting: [message(3)], rejected: [] });
    await last.close();
    expect((await stat(path)).mode & 0o777).to.equal(0o600);
  });

  it("continues after an incomplete last line", async () => {
    const outbox = await openFileOutbox(path);
    await outbox.write({ ...none, added: [message(1)] });
    await outbox.close();
    await appendFile(path, '0123abcd {"added":{"id":"2"');
    const again = await openFileOutbox(path);
    await again.write({ ...none, added: [message(3)] });
    await again.close();
    const last = await openFileOutbox(path);
    expect((await last.read()).waiting).to.deep.equal([message(1), message(3)]);
    expect(last.damagedCopy).to.equal(undefined);
    await last.close();
  });

  it("keeps a copy of a file that is damaged in the middle", async () => {
    const outbox = await openFileOutbox(path);
    await outbox.write({ ...none, added: [message(1), message(2)] });
    await outbox.close();
    const damaged = (await readFile(path, "utf8")).replace('"id":"1"', '"id":"7"');
    await writeFile(path, damaged);
    const again = await openFileOutbox(path);
    expect((await again.read()).waiting).to.deep.equal([message(2)]);
    expect(await readFile(again.damagedCopy ?? "", "utf8")).to.equal(damaged);
    await again.close();
  });

  it("is compacted when more than half is obsolete", async () => {
    const outbox = await openFileOutbox(path);
    const frame = "x".repeat(50_000);
    await outbox.write({ ...none, added: [message(0)] });
    for (let id = 1; id <= 100; id += 1) {
      await outbox.write({
        ...none,
        added: [message(id, frame)],
        removed: [String(id - 1)].filter((one) => one !== "0"),
      });
    }
    expect((await stat(path)).size).to.be.below(1_200_000);
    await outbox.close();
    const again = await openFileOutbox(path);
    expect((await again.read()).waiting.map(({ id }) => id)).to.deep.equal(["0", "100"]);
    await again.close();
  });

  it("refuses a second program while the first has it open", async () => {
    const outbox = await openFileOutbox(path);
    expect(await failureOf(openFileOutbox(path))).to.equal("outbox_in_use");
    await outbox.close();
    const again = await openFileOutbox(path);
    await outbox.close();
    expect(await failureOf(openFileOutbox(path))).to.equal("outbox_in_use");
    await again.close();
    expect(await readdir(join(path, ".."))).to.deep.equal(["outbox.lock"]);
  });

  it("ignores the lock of a dead process, also when another process has its number", async () => {
    await (await openFileOutbox(path)).close();
    for (const left of ["999999999\n", `${process.ppid} another-boot 1\n`, ""]) {
      await writeFile(`${path}.lock`, left);
      await (await openFileOutbox(path)).close();
    }
  });

  it("gives the lock of a dead process to only one of many", async () => {
    await (await openFileOutbox(path)).close();
    await writeFile(`${path}.lock`, "999999999\n");
    const all = await Promise.allSettled(Array.from({ length: 8 }, () => openFileOutbox(path)));
    const opened = all.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
    expect(opened).to.have.length(1);
    await opened[0]?.close();
  });

  it("does not touch a file that is not an outbox", async () => {
    await (await openFileOutbox(path)).close();
    await writeFile(path, "my thesis\n");
    expect(await failureOf(openFileOutbox(path))).to.equal("outbox_unreadable");
    expect(await readFile(path, "utf8")).to.equal("my thesis\n");
    expect(await readdir(join(path, ".."))).to.deep.equal(["outbox", "outbox.lock"]);
  });

  it("tells a program that opens a damaged file which messages are missing, once", async () => {
    const outbox = await openFileOutbox(path);
    await outbox.write({ ...none, added: [message(1), message(2)] });
    await outbox.close();
    await writeFile(path, (await readFile(path, "utf8")).replace(String.raw`\"1\"`, String.raw`\"7\"`));
    const again = await openFileOutbox(path);
    const told: OutboxDamage[] = [];
    await again.read((damage) => told.push(damage));
    expect(told).to.have.length(1);
    expect(told[0]?.missing).to.deep.equal([{ id: "1", session: "s", type: "tell" }]);
    await again.close();
    const last = await openFileOutbox(path);
    expect(last.damage).to.equal(undefined);
    expect((await last.read()).waiting).to.deep.equal([message(2)]);
    await last.close();
  });

  const changes: readonly [string, (path: string) => Promise<void>][] = [
    ["deleted", (file) => rm(file)],
    ["moved", (file) => rename(file, `${file}.moved`)],
    ["moved with its folder", (file) => rename(join(file, ".."), join(file, "..", "..", "moved"))],
    ["deleted with its folder", (file) => rm(join(file, ".."), { recursive: true })],
    [
      "replaced by another file",
      (file) => writeFile(`${file}.other`, "x").then(() => rename(`${file}.other`, file)),
    ],
    ["emptied", (file) => truncate(file)],
    ["appended to", (file) => appendFile(file, "x")],
  ];
  for (const [name, change] of changes) {
    it(`writes a new file with all messages, and tells of it, when its file is ${name}`, async () => {
      const outbox = await openFileOutbox(path);
      const told: OutboxDamage[] = [];
      await outbox.read((damage) => told.push(damage));
      await outbox.write({ ...none, added: [message(1), message(2)] });
      await change(path);
      await outbox.write({ ...none, removed: ["1"], added: [message(3)] });
      expect(told).to.have.length(1);
      expect(await failureOf(openFileOutbox(path))).to.equal("outbox_in_use");
      await outbox.write({ ...none, added: [message(4)] });
      expect(told).to.have.length(1);
      await outbox.close();
      const again = await openFileOutbox(path);
      expect((await again.read()).waiting).to.deep.equal([message(2), message(3), message(4)]);
      await again.close();
    });
  }

  it("notices without changes that its file is gone", async () => {
    const outbox = await openFileOutbox(path);
    await outbox.write({ ...none, added: [message(1)] });
    await rm(path);
    await outbox.write(none);
    await outbox.close();
    const again = await openFileOutbox(path);
    expect((await again.read()).waiting).to.deep.equal([message(1)]);
    await again.close();
  });

  it("is not opened in a second PID namespace", async function () {
    const namespace = ["--pid", "--fork", "--mount-proc"];
    if (spawnSync("unshare", [...namespace, "true"]).status !== 0) this.skip();
    const outbox = await openFileOutbox(path);
    const module = new URL("../../src/client-node/index.js", import.meta.url).href;
    const script = `import { openFileOutbox } from ${JSON.stringify(module)};
      await openFileOutbox(${JSON.stringify(path)}).catch((error) => console.log(error.code));`;
    const open = [process.execPath, "--input-type=module", "--eval", script];
    expect(spawnSync("unshare", [...namespace, ...open], { encoding: "utf8" }).stdout).to.equal(
      "outbox_in_use\n",
    );
    await outbox.close();
  });

  it("brings back no delivered message from a full disk", async function () {
    const disk = SmallDisk.mount(join(await temporaryFolder(), "disk"), 64 * 1024);
    if (disk === undefined) return this.skip();
    try {
      const file = join(disk.folder, "outbox");
      const outbox = await openFileOutbox(file);
      await outbox.write({ ...none, added: [message(1), message(2)] });
      await writeFile(join(disk.folder, "other"), Buffer.alloc(64 * 1024)).catch(() => undefined);
      const large = message(3, "x".repeat(100_000));
      expect(await failureOf(outbox.write({ ...none, added: [large] }))).to.include({ code: "ENOSPC" });
      await failureOf(outbox.write({ ...none, removed: ["1", "3"] }));
      await outbox.close();
      const again = await openFileOutbox(file);
      expect((await again.read()).waiting).to.deep.equal([message(2)]);
      expect(again.damage).to.equal(undefined);
      await again.close();
    } finally {
      disk.unmount();
    }
  });
});
