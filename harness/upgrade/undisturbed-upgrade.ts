import { copyFile, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { upgradeFile } from "../../src/maintenance/index.js";
import { type SqliteContents, readContents } from "./sqlite-contents.js";
import { meetStatements } from "./meet-statements.js";
import { temporaryFolder } from "../temporary-folder.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/legacy", import.meta.url));

/** The path of the small file of a generation of AEPsych. */
export function legacyFile(generation: number): string {
  return join(fixtures, `generation-${generation}.db`);
}

/** What an upgrade does when nothing disturbs it. */
export interface UndisturbedUpgrade {
  readonly statements: readonly string[];
  /** What the file held before, between and after its transactions. */
  readonly states: readonly string[];
}

/** Upgrades a copy of the file of a generation. */
export async function upgradeUndisturbed(generation: number): Promise<UndisturbedUpgrade> {
  const path = join(await temporaryFolder(), "lab.db");
  await copyFile(legacyFile(generation), path);
  const statements: string[] = [];
  const states = [(await readContents(path)).text];
  const stop = meetStatements((_file, sql, execute) => {
    statements.push(sql);
    void readFromCopy(path).then(({ text }) => {
      if (text !== states.at(-1)) states.push(text);
      execute();
    });
  });
  try {
    await upgradeFile(path, () => undefined);
  } finally {
    stop();
  }
  return { statements, states };
}

/** The contents of a file, read from a copy: it cannot be read during its upgrade, and reading it would recover a killed one. */
async function readFromCopy(path: string): Promise<SqliteContents> {
  const folder = await mkdtemp(`${path}-copy-`);
  const copy = join(folder, "lab.db");
  for (const end of ["", "-wal", "-journal"]) {
    await copyFile(`${path}${end}`, `${copy}${end}`).catch((error: unknown) => {
      expect(error).to.have.property("code", "ENOENT");
    });
  }
  const contents = await readContents(copy);
  await rm(folder, { recursive: true });
  return contents;
}

/** Expects a file to be in a state of an undisturbed upgrade between two transactions; returns which. */
export async function expectWhole(
  path: string,
  { states }: UndisturbedUpgrade,
  what: string,
): Promise<number> {
  const { faults, text } = await readFromCopy(path);
  expect(faults, what).to.deep.equal([]);
  const state = states.indexOf(text);
  expect(state, `${what}: the file is in the middle of a transaction`).to.be.at.least(0);
  return state;
}

/** Expects a file to be fully upgraded, with nothing but whole backups next to it. */
export async function expectFinished(
  path: string,
  { states }: UndisturbedUpgrade,
  what: string,
): Promise<void> {
  // List first: a reader leaves a write-ahead log next to a file.
  const folder = dirname(path);
  const others = (await readdir(folder)).filter((name) => name !== basename(path)).sort();
  const after = await readContents(path);
  expect(after.text === states.at(-1), what).to.equal(true);
  expect(others.join(), what).to.match(/^(lab\.backup-2\.db,)?lab\.backup\.db$/);
  for (const name of others) {
    const backup = join(folder, name);
    expect((await stat(backup)).size, what).to.be.above(0);
    const { faults, text } = await readContents(backup);
    expect(faults, what).to.deep.equal([]);
    expect(states.includes(text), what).to.equal(true);
    if (name === "lab.backup.db") expect(text === states[0], what).to.equal(true);
  }
}
