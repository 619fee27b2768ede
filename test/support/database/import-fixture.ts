import { join } from "node:path";
import { Store } from "../../../src/database/index.js";
import type { MessageWrite, ReceivedMessage } from "../../../src/derivation/index.js";
import { Database } from "../../../src/library/index.js";
import { type ImportOptions, type ImportReport, importFile } from "../../../src/maintenance/index.js";
import type { TestedEngine } from "../../../harness/engines.js";
import { readRows } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { receive, setupWrite, tellWrite } from "./writes.js";

export const session = "aaaaaaaa-0000-4000-8000-000000000001";
export const other = "bbbbbbbb-0000-4000-8000-000000000002";

/** A file in a folder of its own, and an open database to import it into. */
export class ImportFixture {
  folder = "";
  /** The path of the file to import; nothing is there yet. */
  file = "";
  /** The location of the database. */
  target = "";
  #database: Store | undefined;

  get database(): Store {
    if (this.#database === undefined) throw new Error("The database is not open.");
    return this.#database;
  }

  async open(engine: TestedEngine): Promise<void> {
    this.folder = await temporaryFolder();
    this.file = join(this.folder, "lab.db");
    this.target = await engine.makeReadyLocation();
    this.#database = await Store.open(this.target);
  }

  async close(): Promise<void> {
    await this.#database?.close();
  }

  import(path = this.file, options: ImportOptions = {}): Promise<ImportReport> {
    return importFile(this.database, path, options);
  }

  /** Creates a telltale file, or writes more to it. */
  async write(work: (source: Store, library: Database) => Promise<unknown>, path = this.file): Promise<void> {
    const source = await Store.open(path);
    await work(source, Database.over(source));
    await source.close();
  }

  /** Writes two sessions, one of them with rows of every kind. */
  async writeFull(path = this.file): Promise<void> {
    await this.write(async (source, library) => {
      await source.submit(setupWrite(session, "[common]\nstimuli_per_trial = 1\n"));
      await source.submit(tellWrite(session, 1, "t1"));
      const [master] = await library.getMasterRecords();
      await library.recordMessage(master!, "ask", { message: "", sent_at: 1764000000123.5 });
      await library.recordMessage(master!, "tell", {
        message: { config: { x: [0.5, 1], word: ["ä", "b"] }, outcome: { hit: [1, 0], said: ["yes", "no"] } },
        extra_info: { rt: 0.25 },
      });
      await library.recordMessage(master!, "tell", { message: { config: { x: [[[]]] } } });
      await library.recordMessage(master!, "strat", { message: { model: [1, 2] } });
      await library.recordMessage(master!, "something_else", { message: new Uint8Array([1, 2]) });
      await library.recordStrat(master!, new Uint8Array([0, 255]));
      await library.recordConfig(master!, { common: { lapse: 0.1 } });
      const raw = await library.recordRaw(master!, false, { extraData: { by: "hand" } });
      await library.recordParam(raw, "x", -0);
      await library.recordOutcome(raw, "outcome", Infinity);
      // A conflict is kept as a rejection of the session.
      await source.submit(tellWrite(session, 0, "t1"));
      await source.submit(setupWrite(other));
    }, path);
  }
}

/** Opens a fixture before each test of a suite and closes it afterwards. */
export function useImportFixture(engine: TestedEngine): ImportFixture {
  const fixture = new ImportFixture();
  beforeEach(() => fixture.open(engine));
  afterEach(() => fixture.close());
  return fixture;
}

/** Upgrades a file that AEPsych wrote in place. */
export async function upgradeInPlace(path: string): Promise<void> {
  const source = await Database.open(path);
  await source.performUpdates();
  await source.close();
}

/** A message of a session from which nothing is derived. */
export function noteWrite(text: string, id: string): MessageWrite {
  return messageWrite(receive({ type: "note", message: { text } }, id));
}

export function messageWrite(message: ReceivedMessage): MessageWrite {
  return { kind: "message", message, sessionId: session, trials: [], derivationError: null, isStrat: false };
}

/** The ids of all messages of a database, in the order of seq. */
export async function readMessageIds(location: string): Promise<string[]> {
  const rows = await readRows(location, "select message_id from replay_data order by seq");
  return rows.map((row) => row["message_id"] as string);
}
