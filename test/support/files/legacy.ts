import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataSource, type DataSourceOptions } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import { adoptMigrations } from "../../../migrations/pending.js";
import { type Value, type ValueMap, parseTaggedJson } from "../../../src/protocol/index.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";

const shared = fileURLToPath(new URL("../../../../../shared", import.meta.url));
const reader = fileURLToPath(new URL("../../../../test/support/files/read-aepsych.py", import.meta.url));
const maker = join(shared, "tools", "make-legacy-database.py");

/** Files that AEPsych itself wrote, where they are here. */
export const recorded = join(shared, "aepsych");

/** Why tests that need Python and the maker of files cannot run; undefined where they can. */
export function whyNoMaker(): string | undefined {
  if (!existsSync(maker)) return "the maker of files is not here";
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "python3 is not here";
  }
}

/** Makes a file as AEPsych wrote them, with flags of make-legacy-database.py. */
export async function makeLegacy(...flags: string[]): Promise<string> {
  const path = join(await temporaryFolder(), "legacy.db");
  execFileSync("python3", [maker, path, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  return path;
}

/** A copy of a file that a test may change. */
export async function copyOf(path: string): Promise<string> {
  const copy = join(await temporaryFolder(), "copy.db");
  copyFileSync(path, copy);
  return copy;
}

/** What Python's pickle reads from one pickled column of one row. */
export interface PythonRow {
  readonly table: string;
  readonly column: string;
  readonly id: number;
  /** Undefined where it is NULL, or where Python refused it. */
  readonly value: Value | undefined;
  readonly isRefused: boolean;
}

/** What Python's pickle reads from a file, as test/support/files/read-aepsych.py prints it. */
export function readWithPython(path: string): PythonRow[] {
  return parsePythonRows(
    execFileSync("python3", ["-B", reader, path], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
  );
}

/** The lines that test/support/files/read-aepsych.py printed. */
export function parsePythonRows(lines: string): PythonRow[] {
  return lines
    .trim()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const row = parseTaggedJson(line) as ValueMap;
      return {
        table: row.get("table") as string,
        column: row.get("column") as string,
        id: row.get("id") as number,
        value: row.get("value"),
        isRefused: row.has("error"),
      };
    });
}

/** Opens a file with all stairs, of which none is climbed by this. */
export async function withFile<Result>(
  path: string,
  work: (dataSource: DataSource) => Promise<Result>,
  options: Partial<DataSourceOptions> = {},
): Promise<Result> {
  const dataSource = new DataSource({
    type: "sqlite",
    database: path,
    migrations,
    logger: "debug",
    ...options,
  } as DataSourceOptions);
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Climbs the stairs that a file lacks; gives the names of those. */
export function upgrade(path: string, options: Partial<DataSourceOptions> = {}): Promise<string[]> {
  return withFile(
    path,
    async (dataSource) => {
      await adoptMigrations(dataSource);
      const climbed = await dataSource.runMigrations({ transaction: "each" });
      return climbed.map(({ name }) => name);
    },
    options,
  );
}
