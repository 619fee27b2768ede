import { join } from "node:path";
import { Store } from "../../../src/database/index.js";
import { type MessageWrite, deriveSetup } from "../../../src/derivation/index.js";
import { handlerOf } from "../../../src/handlers/index.js";
import { type RebuildMode, type SessionRebuild, rebuildSession } from "../../../src/maintenance/index.js";
import { decodeFrame, formatJson, readRequest } from "../../../src/protocol/index.js";
import { type Row, execute, readRows } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { encode } from "../../../harness/encode.js";
import { receive, setupWrite } from "./writes.js";

const tables = ["master", "replay_data", "config_data", "raw_data", "param_data", "outcome_data"];

/** A SQLite database whose first session, s1, a test damages and rebuilds. */
export class RebuildFixture {
  path = "";
  #database: Store | undefined;

  get database(): Store {
    if (this.#database === undefined) throw new Error("The database is not open.");
    return this.#database;
  }

  async open(): Promise<void> {
    this.path = join(await temporaryFolder(), "test.db");
    this.#database = await Store.open(this.path);
  }

  async close(): Promise<void> {
    await this.#database?.close();
  }

  rebuild(mode: RebuildMode = "write"): Promise<SessionRebuild> {
    return this.database.sessionScope((manager) => rebuildSession(manager, 1, mode));
  }

  execute(sql: string): Promise<void> {
    return execute(this.path, sql);
  }

  read(sql: string): Promise<Row[]> {
    return readRows(this.path, sql);
  }

  /** Begins a session with three trials in two tells. */
  async tellThree(): Promise<void> {
    await this.database.submit(setupWrite("s1"));
    await this.database.submit(derivedTell({ config: { x: [0.5, 1] }, outcome: [1, 0], note: "ä" }));
    await this.database.submit(
      derivedTell({ config: { x: 2, y: "left" }, outcome: { hit: "yes", rt: 0.25 } }),
    );
  }

  /** Removes the references from trials to messages, as if AEPsych had written the trials itself. */
  async unlinkTrials(): Promise<void> {
    await this.execute("update raw_data set replay_table_id = null");
  }

  async deleteTrials(): Promise<void> {
    await this.execute("delete from param_data; delete from outcome_data; delete from raw_data");
  }

  /** Every row of the database, table by table. */
  readAll(): Promise<Row[][]> {
    return Promise.all(tables.map((table) => this.read(`select * from ${table} order by unique_id`)));
  }

  /** The trials without their unique_ids. */
  readTrials(): Promise<Row[]> {
    return this.read(
      `select raw_data.timestamp, model_data, extra_data, replay_table_id, param_name, param_value, outcome_name, outcome_value, outcome_text
       from raw_data join param_data on param_data.iteration_id = raw_data.unique_id
       join outcome_data on outcome_data.iteration_id = raw_data.unique_id
       order by replay_table_id, raw_data.unique_id, param_data.unique_id, outcome_data.unique_id`,
    );
  }
}

/** Opens a fixture before each test of a suite and closes it afterwards. */
export function useRebuildFixture(): RebuildFixture {
  const fixture = new RebuildFixture();
  beforeEach(() => fixture.open());
  afterEach(() => fixture.close());
  return fixture;
}

/** A tell to session s1 as the daemon would write it. */
export function derivedTell(
  message: unknown,
  config = "[common]\n",
  extraInfo?: unknown,
  batch?: unknown,
): MessageWrite {
  const frame = Buffer.from(encode({ type: "tell", batch, message, extra_info: extraInfo }, "json"));
  const request = readRequest(decodeFrame(frame, "json"));
  const handler = handlerOf("tell");
  if (handler.binding === "begins") throw new Error("A tell begins no session.");
  const { trialForm } = deriveSetup(new Map([["config_str", config]]), undefined);
  const info = request.extra_info === undefined ? null : formatJson(request.extra_info);
  const received = { ...receive({ type: "tell" }), frame, extraInfo: info };
  return handler.derive(request, received, { id: "s1", experimentId: "e1", trialForm });
}
