import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, readdir, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { commandPath } from "../../harness/child-processes.js";
import { parse } from "csv-parse/sync";
import { Store } from "../../src/database/index.js";
import type { SessionOverview } from "../../src/queries/index.js";
import { validateByCommand, validateBySchema } from "../support/checks/bids-validators.js";
import { writeSession } from "../support/database/write-session.js";
import { execute } from "../../harness/rows.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

describe("telltale export", () => {
  let folder: string;
  let db: string;
  let out: string;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "test.db");
    folder = await temporaryFolder();
    out = join(folder, "out");
  });

  const run = (...flags: string[]) => runCommand(["export", "--db", db, ...flags], { cwd: folder });

  /** Two sessions, the first with two trials. */
  async function write(): Promise<SessionOverview[]> {
    const database = await Store.open(db);
    const tells = [{ config: { x: [1, "=2"] }, outcome: [1, 0] }];
    const sessions = [
      await writeSession(database, { name: "contrast", participant: "p1", tells }),
      await writeSession(database, { name: "contrast", participant: "p2" }),
    ];
    await database.close();
    return sessions;
  }

  async function expectRefusal(flags: readonly string[], ...words: string[]): Promise<void> {
    const { code, stdout, stderr } = await run(...flags);
    expect(stdout).to.equal("");
    for (const word of words) expect(stderr).to.include(word);
    expect(stderr).not.to.match(/^\s+at /m);
    expect(code).to.equal(1);
  }

  it("writes a table of every session in the format of the file extension, and reports to stderr", async () => {
    const [session, empty] = await write();
    const { code, stdout, stderr } = await run("--all", "--to", "trials.csv");
    expect(stderr).to.equal(
      `${join(folder, "trials.csv")} holds 2 trials of 2 sessions.\n1 session has no trials: ${empty?.session_id}.\n`,
    );
    expect(stdout).to.equal("");
    expect(code).to.equal(0);
    const rows = parse<Record<string, string>>(await readFile(join(folder, "trials.csv"), "utf8"), {
      columns: true,
    });
    expect(rows).to.have.lengthOf(2);
    expect(rows[1]).to.include({
      session_id: session?.session_id,
      participant_id: "p1",
      x: "'=2",
      outcome: "0",
    });
    expect(await readdir(folder)).to.deep.equal(["trials.csv"]);
  });

  it("says which tells gave no trial, and which messages were rejected", async () => {
    const database = await Store.open(db);
    const bad = { config: { x: 1 }, outcome: [] };
    const session = await writeSession(database, { tells: [bad, { config: { x: 1 }, outcome: 1 }, bad] });
    await database.close();
    const rejection = (master: string) =>
      `insert into rejected_data (timestamp, code, reason, master_table_id) values ('', 'bad_frame', 'Not \u001b JSON.', ${master})`;
    await execute(db, `${rejection("1")}; ${rejection("null")}`);
    const { stderr } = await run("--all", "--to", "trials.csv");
    const sentence = "The `outcome` is empty; send null if there was no response.";
    expect(stderr.split("\n").slice(1)).to.deep.equal([
      `2 tells gave no trial: ${sentence} (the first: seq 2 of session ${session.session_id})`,
      `2 messages were rejected: bad_frame: Not \\u001b JSON. (the first: from session ${session.session_id})`,
      "",
    ]);
    const { stderr: ofLog } = await run("1", "--to", "log", "--format", "messages");
    expect(ofLog).to.include("1 message was rejected").and.not.to.include("no trial");
  });

  it("leaves formulas unchanged with --raw", async () => {
    await write();
    await run("last", "1", "--to", "trials.tsv", "--raw");
    const rows = parse(await readFile(join(folder, "trials.tsv"), "utf8"), { delimiter: "\t" });
    expect(rows[2]).to.include("=2");
  });

  for (const [format, name, first] of [
    ["csv", "trials.csv", "session_id,"],
    ["ndjson", "trials.ndjson", '{"session_id":'],
    ["messages", "messages.ndjson", '{"session_id":'],
  ] as const) {
    it(`writes ${name} in an existing folder, as ${format}`, async () => {
      await write();
      const { code } = await run("1", "--to", folder, "--format", format);
      expect(code).to.equal(0);
      expect(await readdir(folder)).to.deep.equal([name]);
      expect((await readFile(join(folder, name), "utf8")).startsWith(first)).to.equal(true);
    });
  }

  it("writes each named session once, oldest first", async () => {
    const [first, second] = await write();
    await run(second!.session_id, "1", first!.session_id.slice(0, 8), "--to", "m", "--format", "messages");
    const lines = (await readFile(join(folder, "m"), "utf8")).trimEnd().split("\n");
    const ids = lines.map((line) => (JSON.parse(line) as { session_id: string }).session_id);
    expect(ids).to.deep.equal([first!.session_id, first!.session_id, second!.session_id]);
  });

  it("writes a BIDS dataset that is valid", async () => {
    const [, empty] = await write();
    const { code, stderr } = await run("--all", "--to", out, "--format", "bids");
    expect(stderr).to.equal(
      `${out} holds 2 trials of 2 sessions.\n1 session has no trials: ${empty?.session_id}.\n`,
    );
    expect(code).to.equal(0);
    expect((await validateBySchema(out)).errors).to.deep.equal([]);
    expect((await validateByCommand(out)).errors).to.deep.equal([]);
    expect(await readdir(folder)).to.deep.equal(["out"]);
  });

  it("replaces no file without --force", async () => {
    await write();
    await writeFile(out, "mine");
    await expectRefusal(["1", "--to", "out", "--format", "csv"], out, "already exists", "--force");
    expect(await readFile(out, "utf8")).to.equal("mine");
    const { code } = await run("1", "--to", "out", "--format", "csv", "--force");
    expect(code).to.equal(0);
    expect(await readFile(out, "utf8")).to.include("session_id");
  });

  it("never replaces the database or its folder, even with --force", async () => {
    await write();
    const before = await readFile(db);
    await symlink(db, out);
    await expectRefusal(["1", "--to", db, "--format", "csv", "--force"], db, "is the database itself");
    await expectRefusal(["1", "--to", "out", "--format", "csv", "--force"], "is the database itself");
    await expectRefusal(["1", "--to", dirname(db), "--format", "bids", "--force"], "contains the database");
    expect(await readFile(db)).to.deep.equal(before);
  });

  it("writes nothing if a session is unknown or ambiguous", async () => {
    await write();
    await expectRefusal(["1", "nobody", "--to", "a.csv"], "no session nobody");
    await expectRefusal(
      [],
      "Name a session to export, give --all, or select sessions with --participant",
      "with --to",
    );
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("writes nothing if the database is missing or has no sessions", async () => {
    await (await Store.open(db)).close();
    await expectRefusal(["--all", "--to", "a.csv"], db, "no sessions");
    await expectRefusal(["--all", "--to", "a.csv", "--db", join(folder, "none.db")], "does not exist");
    expect(await readdir(folder)).to.deep.equal([]);
  });

  it("writes only headings for a session without trials", async () => {
    await write();
    const { code, stderr } = await run("2", "--to", "a.csv");
    expect(stderr).to.include("0 trials of 1 session.");
    expect(code).to.equal(0);
    expect((await readFile(join(folder, "a.csv"), "utf8")).trimEnd().split("\n")).to.have.lengthOf(1);
  });

  it("says that the folder of its file does not exist", async () => {
    await write();
    await expectRefusal(["1", "--to", "no/a.csv"], "its folder does not exist");
    await expectRefusal(["1", "--to", "no/", "--format", "csv"], "its folder does not exist");
    await expectRefusal(["1", "--to", "no/a", "--format", "bids"], "its folder does not exist");
  });

  describe("when it is stopped", () => {
    let child: ChildProcess;
    let stderr: string;

    /** Exports so many trials that it can be stopped, and waits until it has begun to write. */
    async function begin(format: string): Promise<void> {
      const database = await Store.open(db);
      const many = Array.from({ length: 10_000 }, (_, index) => index);
      const tell = { config: { x: many, y: many }, outcome: many };
      await writeSession(database, { participant: "p1", tells: [tell, tell, tell] });
      await database.close();
      stderr = "";
      child = spawn(
        process.execPath,
        [commandPath, "export", "--all", "--db", db, "--to", out, "--format", format],
        {
          stdio: ["ignore", "ignore", "pipe"],
        },
      );
      child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      await until(async () => (await readdir(folder)).length > 0);
    }

    async function end(signal: NodeJS.Signals): Promise<void> {
      const closed = once(child, "close");
      child.kill(signal);
      await closed;
    }

    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      for (const format of ["csv", "bids"]) {
        it(`leaves nothing of ${format} after ${signal}, says so, and exits with ${code}`, async () => {
          await begin(format);
          await end(signal);
          expect(stderr).to.equal("Stopped; nothing was written.\n");
          expect(child.exitCode).to.equal(code);
          expect(await readdir(folder)).to.deep.equal([]);
        });
      }
    }

    it("leaves only a file marked as partial when it is killed, and can be repeated", async () => {
      await begin("csv");
      await end("SIGKILL");
      expect(
        (await readdir(folder)).filter((name) => !/^out\.telltale-partial-[0-9a-f]{8}$/.test(name)),
      ).to.deep.equal([]);
      const { code } = await run("--all", "--to", "out", "--format", "csv");
      expect(code).to.equal(0);
      expect((await stat(out)).size).to.be.greaterThan(30_000 * 100);
    });
  });
});
