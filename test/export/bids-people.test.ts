import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Store } from "../../src/database/index.js";
import { streamBidsDataset, writeExportFolder } from "../../src/export/index.js";
import type { SessionOverview } from "../../src/queries/index.js";
import { describeOnEngines } from "../../harness/engines.js";
import { execute } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { validateByCommand, validateBySchema } from "../support/checks/bids-validators.js";
import { rejection } from "../support/checks/rejection.js";
import { writeSession } from "../support/database/write-session.js";

const { signal } = new AbortController();

describeOnEngines("Participants and runs of a BIDS dataset", (engine) => {
  let location: string;
  let database: Store;
  let path: string;

  beforeEach(async () => {
    location = await engine.makeReadyLocation();
    database = await Store.open(location);
    path = join(await temporaryFolder(), "dataset");
  });

  afterEach(() => database.close());

  const write = (sessions: readonly SessionOverview[], isForced = false) =>
    writeExportFolder(path, streamBidsDataset(database, sessions, { version: "0.1.0" }), {
      isForced,
      signal,
    });

  const table = async (file: string) =>
    (await readFile(join(path, file), "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));

  async function expectNoErrors(): Promise<void> {
    expect((await validateBySchema(path)).errors).to.deep.equal([]);
    expect((await validateByCommand(path)).errors).to.deep.equal([]);
  }

  it("counts the runs with trials of the whole database in the order of time", async () => {
    const tells = [{ config: { x: 1 }, outcome: 1 }];
    const empty = await writeSession(database, { name: "a", participant: "1" });
    const later = await writeSession(database, { name: "a", participant: "1", tells });
    const earlier = await writeSession(database, { name: "a", participant: "1", tells });
    await execute(
      location,
      `update replay_data set timestamp = '2020-01-01 10:00:00' where seq = 1 and master_table_id = ${earlier.unique_id}`,
    );
    await write([empty, later]);
    const files = (await readdir(join(path, "sub-1/beh"))).filter((file) => file.endsWith("_beh.tsv"));
    expect(files).to.deep.equal(["sub-1_task-a_run-02_beh.tsv"]);
    await expectNoErrors();
    expect(await rejection(write([empty], true))).to.include({ code: "bad_argument" });
  });

  it("has the metadata of each session in scans.tsv, and what they agree on in participants.tsv", async () => {
    const tells = [{ config: { x: 1 }, outcome: 1 }];
    const participant = "1";
    const description = "Which\tside?";
    const metadata = { age: 23, room: "A", sex: "female", session_id: "mine", hed: "(" };
    const sessions = [
      await writeSession(database, { participant, description, tells, config: { metadata } }),
      await writeSession(database, { participant, tells, config: { metadata: { age: 23, room: "B" } } }),
      await writeSession(database, {
        participant: "2",
        tells,
        config: { metadata: { age: "ninety", "": 1 } },
      }),
    ];
    await write(sessions);
    const names = ["experiment_description", "age", "room", "sex", "session_id", "metadata_hed", "metadata"];
    expect(await table("participants.tsv")).to.deep.equal([
      ["participant_id", "original_id", ...names],
      ["sub-1", "1", "Which\\tside?", "23", "n/a", "female", "mine", "(", "n/a"],
      ["sub-2", "2", "n/a", "ninety", "n/a", "n/a", "n/a", "n/a", "1"],
    ]);
    const [headings, first, second] = await table("sub-1/sub-1_scans.tsv");
    expect(headings?.slice(3)).to.deep.equal([
      "experiment_description",
      "age",
      "room",
      "sex",
      "metadata_session_id",
      "metadata_hed",
    ]);
    expect(first?.slice(3)).to.deep.equal(["Which\\tside?", "23", "A", "female", "mine", "("]);
    expect(second?.slice(3)).to.deep.equal(["n/a", "23", "B", "n/a", "n/a", "n/a"]);
    const sidecar = JSON.parse(await readFile(join(path, "participants.json"), "utf8")) as object;
    expect(sidecar).to.include.all.keys(names);
    await expectNoErrors();
  });
});
