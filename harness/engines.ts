import { join } from "node:path";
import { makePostgresDatabase, makeReadyPostgresDatabase } from "./postgres/test-databases.js";
import { makeReadyFile } from "./ready-file.js";
import { temporaryFolder } from "./temporary-folder.js";

/** A database engine that suites run on. */
export interface TestedEngine {
  readonly name: "SQLite" | "PostgreSQL";
  /** The location of a new, empty database for the test; it is removed after the test. */
  makeLocation(): Promise<string>;
  /** The same, or a database that already has telltale's schema. */
  makeReadyLocation(): Promise<string>;
}

const makeFile = async () => join(await temporaryFolder(), "test.db");

const engines: readonly TestedEngine[] = [
  { name: "SQLite", makeLocation: makeFile, makeReadyLocation: makeReadyFile },
  {
    name: "PostgreSQL",
    makeLocation: makePostgresDatabase,
    makeReadyLocation: makeReadyPostgresDatabase,
  },
];

/** Describes a suite once for each engine. */
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
