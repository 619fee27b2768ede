import type { TestedEngine } from "../../../harness/engines.js";
import { type Row, readRows } from "../../../harness/rows.js";
import { Client } from "../../../harness/client.js";
import type { Daemon } from "../../../src/index.js";
import type { Coding } from "../../../src/protocol/index.js";
import { startDaemon } from "./daemon.js";

/** A daemon with an empty database, and a client that is connected to it: both are new for each test. */
export interface Fixture {
  readonly daemon: Daemon;
  readonly client: Client;
  /** Reads rows of the daemon's database. */
  readonly read: (sql: string) => Promise<Row[]>;
}

/** Starts the daemon and connects the client before each test of the suite. */
export function useDaemon(engine: TestedEngine, coding: Coding = "json"): Fixture {
  let daemon: Daemon;
  let client: Client;

  beforeEach(async () => {
    daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    client = await Client.connect(daemon.url, coding);
  });

  return {
    get daemon() {
      return daemon;
    },
    get client() {
      return client;
    },
    read: (sql) => readRows(daemon.options.db, sql),
  };
}
