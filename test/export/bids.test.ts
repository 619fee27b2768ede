import { appendFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { streamBidsDataset, writeExportFolder } from "../../src/export/index.js";
import { type SessionOverview } from "../../src/queries/index.js";
import { validateByCommand, validateBySchema } from "../support/checks/bids-validators.js";
import { describeOnEngines } from "../../harness/engines.js";
import { writeSession } from "../support/database/write-session.js";
import { rejection } from "../support/checks/rejection.js";
import { execute } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const { signal } = new AbortController();

describeOnEngines("A BIDS dataset", (engine) => {
  let location: string;
  let database: Store;
  let folder: string;
  let path: string;

  beforeEach(async () => {
    location = await engine.makeReadyLocation();
    database = await Store.open(location);
    folder = await temporaryFolder();
    path = join(folder, "dataset");
  });

  afterEach(() => database.close());

  const write = (sessions: readonly SessionOverview[], isForced = false) =>
    writeExportFolder(path, streamBidsDataset(database, sessions, { version: "0.1.0" }), {
      isForced,
      signal,
    });

  const list = async () =>
    (await readdir(path, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
      .sort();

  const table = async (file: string) =>
    (await readFile(join(path, file), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));

  const json = async (file: string) =>
    JSON.parse(await readFile(join(path, file), "utf8")) as Record<string, unknown>;

  /** Both validators, and what they may warn of: facts that nobody has told, and a version that is newer than they are. */
  async function expectValid(): Promise<void> {
    const [bySchema, byCommand] = [await validateBySchema(path), await validateByCommand(path)];
    expect({ bySchema: bySchema.errors, byCommand: byCommand.errors }).to.deep.equal({
      bySchema: [],
      byCommand: [],
    });
    const untold =
      /^(SIDECAR_KEY_RECOMMENDED|JSON_KEY_RECOMMENDED|TOO_FEW_AUTHORS|NO_AUTHORS|UNKNOWN_BIDS_VERSION|TSV_VALUE_INCORRECT_TYPE_NONREQUIRED acq_time) /;
    expect(bySchema.warnings.filter((warning) => !untold.test(warning))).to.deep.equal([]);
    const different = /^(NO_AUTHORS|INCONSISTENT_SUBJECTS)/;
    expect(byCommand.warnings.filter((warning) => !different.test(warning))).to.deep.equal([]);
  }

  it("has the trials of a session in seconds, with every column described, and is valid", async () => {
    const session = await writeSession(database, {
      name: "Contrast detection",
      participant: "P-01",
      description: "Which side?",
      config: { x: { lower_bound: "0", upper_bound: "1", unit: "cd/m^2" } },
      tells: [
        { config: { x: [0.25, -0.5] }, outcome: [1, null], rt: 0.4 },
        { config: { x: [0.75] }, outcome: [0], model_data: false },
      ],
    });
    await execute(
      location,
      `update replay_data set timestamp =
         case seq when 1 then '2026-01-31T10:00:00.000Z' else '2026-01-31T10:00:01.250Z' end;
       update raw_data set timestamp = '2026-01-31T10:00:01.250Z'`,
    );
    await write([{ ...session, first_at: "2026-01-31T10:00:00.000Z" }]);
    const stem = "sub-P01/beh/sub-P01_task-Contrastdetection_run-01_beh";
    expect(await list()).to.deep.equal([
      "README",
      "dataset_description.json",
      "participants.json",
      "participants.tsv",
      `${stem}.json`,
      `${stem}.tsv`,
      "sub-P01/sub-P01_scans.json",
      "sub-P01/sub-P01_scans.tsv",
    ]);
    const rows = await table(`${stem}.tsv`);
    expect(rows).to.deep.equal([
      ["trial", "time", "time_received", "model_data", "x", "outcome", "rt"],
      ["1", "1.25", "1.25", "true", "0.25", "1", "0.4"],
      ["2", "1.25", "1.25", "true", "-0.5", "n/a", "0.4"],
      ["3", "1.25", "1.25", "false", "0.75", "0", "n/a"],
    ]);
    const sidecar = await json(`${stem}.json`);
    expect(sidecar).to.include.all.keys(rows[0]!);
    expect(sidecar).to.deep.include({
      TaskName: "Contrast detection",
      TaskDescription: "Which side?",
      x: { LongName: "x", Description: "Parameter of the stimulus, from 0 to 1", Units: "cd/m^2" },
    });
    expect(sidecar["time"]).to.include({ Units: "s" });
    expect(await table("participants.tsv")).to.deep.equal([
      ["participant_id", "original_id", "experiment_description"],
      ["sub-P01", "P-01", "Which side?"],
    ]);
    expect(await table("sub-P01/sub-P01_scans.tsv")).to.deep.equal([
      ["filename", "acq_time", "session_id", "experiment_description"],
      [`${stem.slice("sub-P01/".length)}.tsv`, "2026-01-31T10:00:00.000Z", session.session_id, "Which side?"],
    ]);
    expect(await json("dataset_description.json")).to.deep.include({
      Name: "Contrast detection",
      BIDSVersion: "1.10.0",
      GeneratedBy: [{ Name: "telltale", Version: "0.1.0" }],
    });
    await expectValid();
  });

  it("is not valid without its description, and with a table that lacks a cell", async () => {
    await write([
      await writeSession(database, { participant: "1", tells: [{ config: { x: 1 }, outcome: 1 }] }),
    ]);
    await appendFile(join(path, "sub-1/beh/sub-1_task-unnamed_run-01_beh.tsv"), "2\t1\n");
    await rm(join(path, "dataset_description.json"));
    expect((await validateBySchema(path)).errors.join()).to.include("MISSING_DATASET_DESCRIPTION");
    expect((await validateByCommand(path)).errors.join()).to.include("DATASET_DESCRIPTION_JSON_MISSING");
    expect((await validateByCommand(path)).errors.join()).to.include("TSV_EQUAL_ROWS");
  });

  it("counts the runs of a participant's sessions of one task", async () => {
    const tells = [{ config: { x: 1 }, outcome: 1 }];
    const sessions = [
      await writeSession(database, { name: "a", participant: "1", tells }),
      await writeSession(database, { name: "b", participant: "1", tells }),
      await writeSession(database, { name: "a", participant: "2", tells }),
      await writeSession(database, { name: "a", participant: "1", tells }),
    ];
    await write(sessions);
    const tables = (await list()).filter((file) => file.endsWith("_beh.tsv"));
    expect(tables).to.deep.equal([
      "sub-1/beh/sub-1_task-a_run-01_beh.tsv",
      "sub-1/beh/sub-1_task-a_run-02_beh.tsv",
      "sub-1/beh/sub-1_task-b_run-01_beh.tsv",
      "sub-2/beh/sub-2_task-a_run-01_beh.tsv",
    ]);
    await expectValid();
  });

  it("gives every participant a folder of its own, and keeps the original id", async () => {
    const ids = [
      "P1",
      "p1",
      "P/1",
      "../../../etc",
      "..",
      "a\nb",
      "a\tb",
      "日本",
      "",
      "=1+1",
      'say "hi"',
      "x".repeat(300),
    ];
    const tells = [{ config: { x: 1 }, outcome: 1 }];
    const sessions = [];
    for (const participant of ids)
      sessions.push(await writeSession(database, { name: "t", participant, tells }));
    await execute(location, "update master set participant_id = null where participant_id = 'P/1'");
    await write(
      sessions.map((session) =>
        session.participant_id === "P/1" ? { ...session, participant_id: null } : session,
      ),
    );
    expect(await readdir(folder)).to.deep.equal(["dataset"]);
    const [, ...rows] = await table("participants.tsv");
    const labels = rows.map(([label]) => label!);
    for (const label of labels) expect(label).to.match(/^sub-[0-9A-Za-z]+$/);
    expect(new Set(labels.map((label) => label.toLowerCase())).size).to.equal(ids.length);
    expect((await readdir(path)).filter((name) => name.startsWith("sub-")).sort()).to.deep.equal(
      labels.sort(),
    );
    const kept = rows.map(([, id]) => id);
    expect(kept).to.include.members([
      "P1",
      "p1",
      "../../../etc",
      "..",
      "a\\nb",
      "a\\tb",
      "日本",
      "=1+1",
      "x".repeat(300),
    ]);
    expect(kept.filter((id) => id === "n/a")).to.have.lengthOf(2);
    await expectValid();
  });

  it("is valid with unusual names and texts", async () => {
    const config = {
      trial: 3,
      Time: 4,
      response_time: "fast",
      HED: "Red, (",
      stim_file: "none.png",
      TaskName: 1,
      "": 2,
      "a\tb": 3,
      "a\\tb": 4,
      X: 5,
      x: 6,
      constructor: 7,
      __proto__x: 8,
      text: 'line\r\nend\t"quoted" \u0001\u2028',
      gone: "n/a",
      blank: "",
    };
    const sessions = [
      await writeSession(database, {
        name: "../x y\n",
        participant: "1",
        tells: [{ config, outcome: { x: "=1+1", "": 1 }, note: { a: [1] }, TaskName: "t" }],
      }),
      await writeSession(database, { participant: "2", tells: [{ outcome: null }] }),
    ];
    await write(sessions);
    const [file, other] = (await list()).filter((name) => name.endsWith("_beh.tsv"));
    const [headings, ...rows] = await table(file!);
    expect(rows.map((row) => row.length)).to.deep.equal([headings!.length]);
    expect(new Set(headings!.map((heading) => heading.toLowerCase())).size).to.equal(headings!.length);
    expect(headings).to.include.members(["parameter_trial", "parameter_response_time", "parameter_HED"]);
    const sidecar = await json(file!.replace(/tsv$/, "json"));
    expect(sidecar).to.include.all.keys(headings!);
    expect(rows[0]?.[headings!.indexOf("text")]).to.equal('"line\\r\\nend\\t""quoted"" \\u0001\\u2028"');
    expect(rows[0]?.[headings!.indexOf("blank")]).to.equal("n/a");
    expect(other).to.equal("sub-2/beh/sub-2_task-unnamed_run-01_beh.tsv");
    expect((await table(other!))[0]).to.deep.equal([
      "trial",
      "time",
      "time_received",
      "model_data",
      "outcome",
    ]);
    await expectValid();
  });

  it("replaces an empty folder, and its own dataset with isForced", async () => {
    const tells = [{ config: { x: 1 }, outcome: 1 }];
    const first = await writeSession(database, { participant: "1", tells });
    const second = await writeSession(database, { participant: "2", tells });
    const subjects = async () => (await readdir(path)).filter((name) => name.startsWith("sub-"));
    await mkdir(path);
    await write([first]);
    expect(await rejection(write([second]))).to.include({ code: "exists" });
    expect(await subjects()).to.deep.equal(["sub-1"]);
    await write([second], true);
    expect(await subjects()).to.deep.equal(["sub-2"]);
    expect(await readdir(folder)).to.deep.equal(["dataset"]);
  });

  it("refuses to replace any other folder or file", async () => {
    const session = await writeSession(database, { tells: [{ outcome: null }] });
    await mkdir(path);
    await writeFile(join(path, "thesis.txt"), "mine");
    expect(await rejection(write([session], true))).to.include({ code: "not_replaceable" });
    expect(await readdir(path)).to.deep.equal(["thesis.txt"]);
    path = join(folder, "file");
    await writeFile(path, "mine");
    expect(await rejection(write([session], true))).to.include({ code: "exists" });
    expect((await readdir(folder)).sort()).to.deep.equal(["dataset", "file"]);
  });

  it("leaves nothing behind when it is aborted", async () => {
    const session = await writeSession(database, {
      tells: [{ config: { x: [1, 2, 3] }, outcome: [1, 1, 1] }],
    });
    const stop = new AbortController();
    let seen: string[] = [];
    async function* watched(): ReturnType<typeof streamBidsDataset> {
      for await (const file of streamBidsDataset(database, [session], { version: "0.1.0" })) {
        yield file;
        if (!file.path.endsWith("_beh.tsv")) continue;
        seen = await readdir(folder);
        stop.abort();
      }
      return undefined;
    }
    await rejection(writeExportFolder(path, watched(), { isForced: false, signal: stop.signal }));
    expect(seen).to.have.lengthOf(1);
    expect(seen[0]).to.match(/^dataset\.telltale-partial-[0-9a-f]{8}$/);
    expect(await readdir(folder)).to.deep.equal([]);
  });
});
