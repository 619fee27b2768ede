import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { DataSource, type DataSourceOptions } from "typeorm";
import { migrations } from "../../../migrations/index.js";
import { adoptMigrations } from "../../../migrations/pending.js";
import { type Value, type ValueMap, parseTaggedJson } from "../../../src/protocol/index.js";
import { execute } from "../../../harness/rows.js";
import { temporaryFolder } from "../../../harness/temporary-folder.js";
import { fixture } from "./vectors.js";

const shared = fileURLToPath(new URL("../../../../../shared", import.meta.url));
const reader = fileURLToPath(new URL("../../../../test/support/files/read-aepsych.py", import.meta.url));
const maker = join(shared, "tools", "make-legacy-database.py");

/** The folder of files that AEPsych itself wrote, which may be missing. */
export const recorded = join(shared, "aepsych");

/** Why tests that need Python and the maker of files cannot run; undefined if they can. */
export function whyNoMaker(): string | undefined {
  if (!existsSync(maker)) return "the maker of files is not here";
  try {
    execFileSync("python3", ["--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "python3 is not here";
  }
}

/** Makes a file like AEPsych's, with flags of make-legacy-database.py. */
export async function makeLegacy(...flags: string[]): Promise<string> {
  const path = join(await temporaryFolder(), "legacy.db");
  execFileSync("python3", [maker, path, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  return path;
}

/** Copies a file, so that a test may change it. */
export async function copyOf(path: string): Promise<string> {
  const copy = join(await temporaryFolder(), "copy.db");
  copyFileSync(path, copy);
  return copy;
}

/** The value that Python's pickle reads from one pickled column of one row. */
export interface PythonRow {
  readonly table: string;
  readonly column: string;
  readonly id: number;
  /** Undefined if it is NULL, or if Python refused it. */
  readonly value: Value | undefined;
  readonly isRefused: boolean;
}

/** Reads the pickles of a file with Python (test/support/files/read-aepsych.py). */
export function readWithPython(path: string): PythonRow[] {
  return parsePythonRows(
    execFileSync("python3", ["-B", reader, path], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 }),
  );
}

/** Parses the lines that test/support/files/read-aepsych.py printed. */
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

/** Opens a file with all migrations, without applying any. */
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

/** Applies the migrations that a file lacks, and returns their names. */
export function upgrade(path: string, options: Partial<DataSourceOptions> = {}): Promise<string[]> {
  return withFile(
    path,
    async (dataSource) => {
      await adoptMigrations(dataSource);
      const applied = await dataSource.runMigrations({ transaction: "each" });
      return applied.map(({ name }) => name);
    },
    options,
  );
}

/** The generations of AEPsych's files. */
export const generations = [0, 1, 2, 3];

/** A small file of a generation of AEPsych. */
export const fileOf = (generation: number) => fixture(`legacy/generation-${generation}.db`);

/** Copies a small file, changes the copy by SQL, and upgrades it. */
export async function upgradeChanged(generation: number, sql: string): Promise<string> {
  const path = await copyOf(fileOf(generation));
  await execute(path, sql);
  await upgrade(path);
  return path;
}

/** A text as a pickle of protocol 0, in SQL. */
export const pickled = (text: string) => `cast('V${text}' || char(10) || '.' as blob)`;
