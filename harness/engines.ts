import { join } from "node:path";
import { makePostgresDatabase, makeReadyPostgresDatabase } from "./postgres/test-databases.js";
import { temporaryFolder } from "./temporary-folder.js";

/** An engine that suites run over. */
export interface TestedEngine {
  readonly name: "SQLite" | "PostgreSQL";
  /** Where a new, empty database of the test's own lies; it is gone after the test. */
  makeLocation(): Promise<string>;
  /** The same, or one that has telltale's schema already, where the engine takes its time for that. */
  makeReadyLocation(): Promise<string>;
}

const makeFile = async () => join(await temporaryFolder(), "test.db");

const engines: readonly TestedEngine[] = [
  { name: "SQLite", makeLocation: makeFile, makeReadyLocation: makeFile },
  {
    name: "PostgreSQL",
    makeLocation: makePostgresDatabase,
    makeReadyLocation: makeReadyPostgresDatabase,
  },
];

/** Describes the same thing once on every engine. */
export function describeOnEngines(what: string, suite: (engine: TestedEngine) => void): void {
  for (const engine of engines) {
    describe(`${what} on ${engine.name}`, () => {
      suite(engine);
    });
  }
}

/** Whether a location is the address of a PostgreSQL database, and not the path of a SQLite file. */
export function isPostgres(location: string): boolean {
  return location.startsWith("postgres:");
}
