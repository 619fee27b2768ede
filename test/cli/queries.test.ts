import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse } from "csv-parse/sync";
import { expect } from "chai";
import { commandPath } from "../../harness/child-processes.js";
import { Database } from "../../src/index.js";
import { startDaemon, stopDaemons } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const sessionHeadings = ["session_id", "experiment_name", "experiment_id", "participant_id"];
const first = "aaaaaaaa-0000-4000-8000-000000000001";
const second = "aaaabbbb-0000-4000-8000-000000000002";
const nasty = 'tab\tline\r\nend "quoted", ; =1+1 \u001b[31m 字 \u0001';

const readObject = (line: string) => JSON.parse(line) as Record<string, unknown>;

/** Two sessions; the first one's trials have names and values that are hard to write. */
async function recordTwo(db: string): Promise<void> {
  const daemon = await startDaemon({ db });
  await sendAll(daemon, [
    setupOf(first, { experiment_name: "contrast", participant_id: "P1", room: "2" }),
    { type: "ask", id: "ask-1" },
    tellOf(
      { x: [0.1], X: [2], trial: ["mine"], text: [nasty] },
      { y: null, said: "no\nresponse" },
      { rt: 0.4 },
    ),
    tellOf({ x: [1e-7] }, { y: 1 }, { [nasty]: [1, nasty], empty: "" }),
  ]);
  await sendAll(daemon, [setupOf(second), { type: "exit" }]);
  await stopDaemons();
}

describeOnEngines("reading commands", (engine) => {
  let db: string;
  const run = (...flags: string[]) => runCommand([...flags, "--db", db]);
  const print = async (...flags: string[]) => {
    const { code, stdout, stderr } = await run(...flags);
    expect([code, stderr]).to.deep.equal([0, ""]);
    return stdout;
  };

  beforeEach(async () => {
    db = await engine.makeReadyLocation();
  });

  it("list sessions, and show one", async () => {
    await recordTwo(db);
    const lines = (await print("sessions")).trim().split("\n").map(readObject);
    expect(lines.map(({ session_id }) => session_id)).to.deep.equal([first, second]);
    expect(lines[0]).to.include({
      unique_id: 1,
      experiment_name: "contrast",
      messages: 4,
      trials: 2,
      live: true,
    });
    const chosen = await print("sessions", "--participant", "P1", "--from", "2020-01-01", "--format", "json");
    expect(JSON.parse(chosen)).to.deep.equal([lines[0]]);
    expect(await print("sessions", "--name", "nobody", "--format", "json")).to.equal("[]\n");
    const shown = readObject(await print("show", "1"));
    expect(shown).to.deep.include({ ...lines[0], extra_metadata: { room: "2" } });
    expect(shown["config"]).to.have.nested.property("common.parnames", "[x]");
    const fields = parse(await print("show", "last", "--format", "csv"));
    expect(fields[0]).to.deep.equal(["field", "value"]);
    expect(fields)
      .to.deep.include(["session_id", second])
      .and.to.deep.include(["config.common.parnames", "[x]"]);
  });

  it("list the messages of a session", async () => {
    await recordTwo(db);
    const flags = ["messages", "aaaaa", "--type", "ask,tell", "--type", "exit", "--to", "3", "--limit", "5"];
    const lines = (await print(...flags, "--format", "ndjson")).trim().split("\n").map(readObject);
    expect(lines.map(({ seq, type }) => [seq, type])).to.deep.equal([
      [2, "ask"],
      [3, "tell"],
    ]);
    expect(lines[0]).to.deep.include({ id: "ask-1", request: { type: "ask", id: "ask-1" } });
    const rows = parse<Record<string, string>>(await print(...flags, "--format", "csv"), { columns: true });
    expect(JSON.parse(rows[1]?.["request"] ?? "")).to.deep.equal(lines[1]?.["request"]);
  });

  for (const [format, delimiter] of [
    ["csv", ","],
    ["tsv", "\t"],
  ] as const) {
    it(`list the trials of a session as ${format} that reads back unchanged`, async () => {
      await recordTwo(db);
      const rows = parse(await print("trials", first, "--format", format), { delimiter });
      const own = [
        ...sessionHeadings,
        "trial",
        "seq",
        "timestamp",
        "occurred_at",
        "clock_uncertainty_ms",
        "model_data",
      ];
      const more = ["x", "parameter_X", "parameter_trial", "text", "y", "said", "rt", nasty, "empty"];
      expect(rows[0]).to.deep.equal([...own, ...more]);
      const cells = rows.slice(1).map(([, , , , trial, seq, , , , ...rest]) => [trial, seq, ...rest]);
      expect(cells).to.deep.equal([
        ["1", "3", "true", "0.1", "2", "mine", nasty, "", "no\nresponse", "0.4", "", ""],
        ["2", "4", "true", "1e-7", "", "", "", "1", "", "", JSON.stringify([1, nasty]), ""],
      ]);
    });
  }

  it("list the trials of a session as JSON, each with its parts", async () => {
    await recordTwo(db);
    const [one, ...more] = JSON.parse(
      await print("trials", first, "--limit", "1", "--format", "json"),
    ) as Record<string, unknown>[];
    expect(more).to.deep.equal([]);
    expect(one).to.deep.include({
      trial: 1,
      seq: 3,
      parameters: { x: 0.1, X: 2, trial: "mine", text: nasty },
      outcomes: { y: null, said: "no\nresponse" },
      extra_data: { rt: 0.4 },
    });
    expect(await print("trials", second)).to.equal("");
    expect(await print("trials", second, "--format", "csv")).to.equal(
      `${sessionHeadings.join()},trial,seq,timestamp,occurred_at,clock_uncertainty_ms,model_data,x\n`,
    );
  });

  it("list the trials of the sessions that flags select", async () => {
    await recordTwo(db);
    const flags = ["trials", "--participant", "P1", "--experiment", "contrast", "--from", "2020-01-01"];
    const lines = (await print(...flags)).trim().split("\n").map(readObject);
    expect(lines.map(({ session_id, trial }) => [session_id, trial])).to.deep.equal([
      [first, 1],
      [first, 2],
    ]);
    const rows = parse(await print("trials", "--to", "9999-01-01", "--format", "csv"));
    expect(rows.map(([id]) => id)).to.deep.equal(["session_id", first, first]);
  });

  it("lay out tables that fit, without control characters", async () => {
    await recordTwo(db);
    for (const command of [
      ["messages", first],
      ["trials", first],
    ]) {
      const { code, stdout } = await run(...command, "--format", "table");
      expect(code).to.equal(0);
      expect(stdout).not.to.match(/[^\P{Cc}\n]/u);
      for (const line of stdout.split("\n")) expect(line.length).to.be.at.most(80);
    }
  });

  it("refuse unknown and ambiguous sessions, and invalid bounds", async () => {
    await recordTwo(db);
    const refusals = [
      [["show", "zzz"], "There is no session zzz"],
      [["messages", "aaaa"], "several sessions"],
      [["trials", "--participant", "P9"], 'no session with participant "P9"'],
      [["trials", "1", "--participant", "P1"], "do one of these"],
      [["trials", ""], "must not be empty"],
      [["messages", "1", "--from", "soon"], "is not a time"],
      [["messages", "1", "--to", "-1"], "whole number from 1"],
    ] as const;
    await Promise.all(refusals.map(([flags, sentence]) => expectRefusal(run(...flags), sentence)));
  });

  it("say that a database without sessions has none", async () => {
    await (await Database.open(db)).close();
    expect(await print("sessions", "--format", "csv")).to.match(/^session_id,[a-z_,]+\n$/);
    await expectRefusal(run("show", "last"), "holds no sessions");
  });
});

describe("reading commands", () => {
  let db: string;
  beforeEach(async () => {
    db = join(await temporaryFolder(), "test.db");
  });

  it("refuse unknown flags", async () => {
    const refusals = [
      [["trials", "1", "--limit", "-1"], "whole number from 1"],
      [["trials", "1", "--limit", "0"], "whole number from 1"],
      [["trials", "1", "--format", "xml"], "ndjson"],
      [["messages", "1", "--type", "ask,"], "A message type must not be empty"],
      [["messages", "1", "--type", "Ask"], 'No message has the type "Ask"'],
      [["messages"], "session"],
      [["trials"], "Name a session to list the trials of, or select sessions with --participant"],
      [["sessions", "--db", ""], "not empty"],
      [["sessions", "--from", "25:00"], "Write a time of day as 17:20"],
    ] as const;
    await Promise.all(refusals.map(([flags, sentence]) => expectRefusal(runCommand(flags), sentence)));
  });

  it("refuse a database that is not of telltale, and create and change nothing", async () => {
    await expectRefusal(runCommand(["sessions", "--db", db]), "does not exist");
    expect(await readFile(db).catch(() => undefined)).to.equal(undefined);
    await writeFile(db, "");
    await expectRefusal(runCommand(["sessions", "--db", db]), "is empty");
    await writeFile(db, "no database at all, but a text of some length");
    await expectRefusal(runCommand(["sessions", "--db", db]), db);
    await mkdir(`${db}.folder`);
    await expectRefusal(runCommand(["sessions", "--db", `${db}.folder`]), db);
    await expectRefusal(runCommand(["sessions", "--db", "postgres://x:hunter2@127.0.0.1:1/x"]), "127.0.0.1");
  });

  it("take the database from the environment", async () => {
    await recordTwo(db);
    const { code, stdout } = await runCommand(["sessions"], { env: { TELLTALE_DB: db } });
    expect([code, stdout.split("\n").length]).to.deep.equal([0, 3]);
  });

  it("say which instant a local time means", async () => {
    await recordTwo(db);
    const flags = ["sessions", "--db", db, "--from", "yesterday", "--to", "today"];
    const { stdout, stderr } = await runCommand(flags, { env: { TZ: "Asia/Tokyo" } });
    expect(stdout.trim().split("\n")).to.have.length(2);
    expect(stderr).to.match(/^--from yesterday is \d{4}-\d\d-\d\dT00:00:00\+09:00, in local time\.$/m);
    expect(stderr).to.match(/^--to today is \d{4}-\d\d-\d\dT23:59:59\+09:00, in local time\.$/m);
  });

  it("change nothing, and read while a daemon writes", async () => {
    await recordTwo(db);
    const before = await readFile(db);
    await runCommand(["trials", "1", "--db", db]);
    expect(await readFile(db)).to.deep.equal(before);
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [setupOf("cccccccc-0000-4000-8000-000000000003")]);
    const { stdout } = await runCommand(["sessions", "--db", db]);
    expect(stdout).to.include("cccccccc");
  });

  it("end quietly when their reader closes the pipe", async () => {
    const x = Array.from({ length: 10_000 }, (_, n) => n);
    const daemon = await startDaemon({ db });
    await sendAll(daemon, [
      setupOf(first),
      tellOf(
        { x },
        x.map(() => 1),
      ),
    ]);
    for (const format of ["ndjson", "csv", "table"]) {
      const child = spawn(process.execPath, [commandPath, "trials", "last", "--format", format, "--db", db]);
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      await once(child.stdout, "data");
      child.stdout.destroy();
      await once(child, "close");
      expect([child.exitCode, stderr], format).to.deep.equal([0, ""]);
    }
  });

  for (const [command, format] of [
    ["show", "json"],
    ["trials", "csv"],
    ["messages", "ndjson"],
    ["replay", undefined],
    ["rebuild", undefined],
  ] as const) {
    const flags = [command, "last", ...(format === undefined ? [] : ["--format", format])];

    it(`say in a sentence that ${command} cannot write its output`, async function () {
      if (process.platform !== "linux") this.skip();
      await recordTwo(db);
      const full = await open("/dev/full", "w");
      const child = spawn(process.execPath, [commandPath, ...flags, "--db", db], {
        stdio: ["ignore", full.fd, "pipe"],
      });
      await full.close();
      expect(await text(child.stderr!)).to.equal("The output cannot be written: the disk is full.\n");
      expect(child.exitCode ?? (await once(child, "exit"))[0]).to.equal(1);
    });

    it(`end ${command} quietly if its output is never read`, async () => {
      await recordTwo(db);
      const child = spawn(process.execPath, [commandPath, ...flags, "--db", db]);
      child.stdout.destroy();
      expect(await text(child.stderr)).to.equal("");
      expect(child.exitCode ?? (await once(child, "exit"))[0]).to.equal(0);
    });
  }
});

async function expectRefusal(running: ReturnType<typeof runCommand>, sentence: string): Promise<void> {
  const { code, stdout, stderr } = await running;
  expect(stdout).to.equal("");
  expect(stderr).to.include(sentence);
  expect(stderr).not.to.match(/^\s+at /m);
  expect(stderr).not.to.include("hunter2");
  expect(code).to.equal(1);
}
