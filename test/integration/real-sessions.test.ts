import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { expect } from "chai";
import type { Daemon } from "../../src/index.js";
import {
  type Coding,
  type Value,
  type ValueMap,
  codingOf,
  decodeFrame,
  parseJson,
  parseTaggedJson,
} from "../../src/protocol/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { readRows } from "../../harness/rows.js";
import { fixture } from "../support/files/vectors.js";

/** Recorded sessions that stand beside the project where it is developed, and are not part of it. */
const recorded = fileURLToPath(new URL("../../../../shared/aepsych", import.meta.url));

function readRequests(path: string): Value[] {
  const lines = readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => (parseJson(line) as ValueMap).get("request") ?? null);
}

async function play(daemon: Daemon, requests: readonly Value[], coding: Coding): Promise<void> {
  const client = await Client.connect(daemon.url, coding);
  for (const request of requests) client.send(request);
  for (const request of requests) {
    expect(await client.reply()).to.include({ ok: true, type: (request as ValueMap).get("type") });
  }
}

async function expectStored(daemon: Daemon, requests: readonly Value[], coding: Coding): Promise<void> {
  const rows = await readRows(
    daemon.options.db,
    "select message_contents, message_type from replay_data order by seq",
  );
  const stored = rows.map(({ message_contents: frame }) =>
    decodeFrame(frame as Buffer, codingOf(frame as Buffer)),
  );
  expect(stored).to.deep.equal(requests);
  expect(rows.map(({ message_contents: frame }) => codingOf(frame as Buffer))).to.deep.equal(
    requests.map(() => coding),
  );
  expect(rows.map((row) => row["message_type"])).to.deep.equal(
    requests.map((request) => (request as ValueMap).get("type")),
  );
}

/** The trials of a database: model_data, and names and values of parameters and outcomes, in order. */
async function readTrials(path: string) {
  const params = await readRows(
    path,
    "select iteration_id, param_name, param_value from param_data order by unique_id",
  );
  const outcomes = await readRows(
    path,
    "select iteration_id, outcome_name, outcome_value from outcome_data order by unique_id",
  );
  const raws = await readRows(path, "select unique_id, model_data from raw_data order by unique_id");
  return raws.map((raw) => ({
    modelData: raw["model_data"],
    params: params
      .filter((row) => row["iteration_id"] === raw["unique_id"])
      .map((row) => [row["param_name"], Number(row["param_value"])]),
    outcomes: outcomes
      .filter((row) => row["iteration_id"] === raw["unique_id"])
      .map((row) => [row["outcome_name"], row["outcome_value"]]),
  }));
}

for (const coding of ["json", "messagepack"] satisfies Coding[]) {
  describeOnEngines(`a whole session sent in ${coding}`, (engine) => {
    it("leaves the messages and trials of the session in test/fixtures", async () => {
      const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
      const requests = readRequests(fixture("session.ndjson"));
      await play(daemon, requests, coding);
      await expectStored(daemon, requests, coding);
      const expected = parseJson(readFileSync(fixture("session.trials.json"), "utf8"));
      const trials = await readRows(
        daemon.options.db,
        "select unique_id, model_data, extra_data from raw_data order by unique_id",
      );
      const params = await readRows(daemon.options.db, "select * from param_data order by unique_id");
      const outcomes = await readRows(daemon.options.db, "select * from outcome_data order by unique_id");
      const derived = trials.map(
        ({ unique_id: id, model_data: modelData, extra_data: extra }) =>
          new Map<string, unknown>([
            ["model_data", modelData === 1],
            ["extra_data", extra === null ? null : parseTaggedJson(extra as string)],
            [
              "params",
              params
                .filter((row) => row["iteration_id"] === id)
                .map((row) => [row["param_name"], row["param_value"]]),
            ],
            [
              "outcomes",
              outcomes
                .filter((row) => row["iteration_id"] === id)
                .map((row) => [row["outcome_name"], row["outcome_value"], row["outcome_text"]]),
            ],
          ]),
      );
      expect(derived).to.deep.equal(expected);
    });

    for (const name of ["extra_info", "single_stimuli"]) {
      const messages = join(recorded, `${name}.messages.ndjson`);
      const maybe = existsSync(messages) ? it : it.skip;
      const note = existsSync(messages) ? "" : " (skipped: the recorded sessions are not here)";

      maybe(`leaves exactly the messages of ${name} that AEPsych recorded${note}`, async () => {
        const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
        const requests = readRequests(messages);
        await play(daemon, requests, coding);
        await expectStored(daemon, requests, coding);
      });
    }

    const original = join(recorded, "extra_info.db");
    const maybe = existsSync(original) ? it : it.skip;
    const note = existsSync(original) ? "" : " (skipped: the recorded sessions are not here)";

    maybe(`leaves the trials of extra_info that AEPsych derived${note}`, async () => {
      const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
      await play(daemon, readRequests(join(recorded, "extra_info.messages.ndjson")), coding);
      const trials = await readTrials(daemon.options.db);
      expect(trials).to.have.length(60);
      expect(trials).to.deep.equal(await readTrials(original));
    });
  });
}
