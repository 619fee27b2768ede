import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { upgradeFile } from "../../src/database/index.js";
import { runCommand } from "../support/served.js";
import { type SqliteContents, readContents } from "../support/sqlite-contents.js";
import { meetStatements } from "../support/statements.js";
import { temporaryFolder } from "../support/temporary.js";

const fixtures = fileURLToPath(new URL("../../../test/fixtures/legacy", import.meta.url));
const upgrader = fileURLToPath(new URL("../support/upgrade-files.js", import.meta.url));
const killer = new URL("../support/kill-at-statement.js", import.meta.url).href;

/** How many files one process upgrades side by side. */
const filesAProcess = 72;

/** An upgrade that nothing disturbed. */
interface Undisturbed {
  readonly statements: readonly string[];
  /** What the file held before, between and after its transactions. */
  readonly states: readonly string[];
}

async function upgradeUndisturbed(generation: number): Promise<Undisturbed> {
  const path = join(await temporaryFolder(), "lab.db");
  await copyFile(join(fixtures, `generation-${generation}.db`), path);
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

async function runUpgrader(
  files: readonly string[],
): Promise<{ signal: NodeJS.Signals | null; code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [upgrader, ...files], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, "close");
  return { signal: child.signalCode, code: child.exitCode, stderr };
}

/** What a file holds, read from a copy: nobody can read it during its upgrade, and reading mends what a killed one left. */
async function readFromCopy(path: string): Promise<SqliteContents> {
  const folder = await mkdtemp(`${path}-copy-`);
  const copy = join(folder, "lab.db");
  for (const end of ["", "-wal", "-journal"]) {
    await copyFile(`${path}${end}`, `${copy}${end}`).catch((error: NodeJS.ErrnoException) => {
      expect(error.code).to.equal("ENOENT");
    });
  }
  const contents = await readContents(copy);
  await rm(folder, { recursive: true });
  return contents;
}

/** Expects a file to be as an undisturbed upgrade leaves it before or after one of its transactions; gives which. */
async function expectWhole(path: string, { states }: Undisturbed, what: string): Promise<number> {
  const { faults, text } = await readFromCopy(path);
  expect(faults, what).to.deep.equal([]);
  const state = states.indexOf(text);
  expect(state, `${what}: the file is in the middle of a transaction`).to.be.at.least(0);
  return state;
}

async function expectFinished(folder: string, { states }: Undisturbed, what: string): Promise<void> {
  // Listed first: a reader leaves a write-ahead log beside a file.
  const others = (await readdir(folder)).filter((name) => name !== "lab.db").sort();
  const after = await readContents(join(folder, "lab.db"));
  expect(after.text === states.at(-1), what).to.equal(true);
  expect(others.join(), what).to.match(/^(lab\.backup-2\.db,)?lab\.backup\.db$/);
  for (const name of others) {
    const path = join(folder, name);
    expect((await stat(path)).size, what).to.be.above(0);
    const { faults, text } = await readContents(path);
    expect(faults, what).to.deep.equal([]);
    expect(states.includes(text), what).to.equal(true);
    if (name === "lab.backup.db") expect(text === states[0], what).to.equal(true);
  }
}

describe("an upgrade that is killed", () => {
  for (const generation of [0, 1, 2, 3]) {
    it(`at any statement leaves a whole file of generation ${generation}, and is finished by the next`, async () => {
      const undisturbed = await upgradeUndisturbed(generation);
      const numbers = undisturbed.statements.map((_, index) => index + 1);
      const reached = new Set<number>();
      const takeBatch = async (): Promise<void> => {
        for (
          let batch = numbers.splice(0, filesAProcess);
          batch.length > 0;
          batch = numbers.splice(0, filesAProcess)
        ) {
          const root = await temporaryFolder();
          const files = await Promise.all(
            batch.map(async (number) => {
              const folder = join(root, String(number));
              await mkdir(folder);
              await copyFile(join(fixtures, `generation-${generation}.db`), join(folder, "lab.db"));
              const statement = undisturbed.statements[number - 1] ?? "";
              return {
                folder,
                path: join(folder, "lab.db"),
                number,
                what: `killed at statement ${number}, ${statement.slice(0, 60)}`,
              };
            }),
          );
          const killed = await runUpgrader(files.map(({ path, number }) => `${path}=${number}`));
          expect(killed).to.deep.equal({ signal: "SIGKILL", code: null, stderr: "" });
          for (const { path, what } of files) reached.add(await expectWhole(path, undisturbed, what));
          const finished = await runUpgrader(files.map(({ path }) => path));
          expect(finished).to.deep.equal({ signal: null, code: 0, stderr: "" });
          for (const { folder, what } of files) await expectFinished(folder, undisturbed, what);
          await rm(root, { recursive: true });
        }
      };
      await Promise.all([takeBatch(), takeBatch()]);
      expect([...reached].sort((a, b) => a - b)).to.deep.equal(undisturbed.states.map((_, index) => index));
    }).timeout(120_000);
  }

  it("as telltale migrate is finished by the same command", async () => {
    const undisturbed = await upgradeUndisturbed(1);
    const { statements } = undisturbed;
    const points = [
      statements.findIndex((sql) => sql.startsWith("vacuum into")),
      statements.findIndex((sql) => sql.startsWith('INSERT INTO "replay_data"')),
      statements.lastIndexOf("COMMIT"),
    ];
    for (const point of points) {
      const folder = await temporaryFolder();
      const path = join(folder, "lab.db");
      await copyFile(join(fixtures, "generation-1.db"), path);
      const env = { NODE_OPTIONS: `--import=${killer}`, KILL_AT_STATEMENT: String(point + 1) };
      const killed = await runCommand(["migrate", path], { env });
      expect(killed.code).to.equal(null);
      expect(killed.stdout).not.to.include("Upgraded.");
      const what = `killed at ${(statements[point] ?? "").slice(0, 60)}`;
      await expectWhole(path, undisturbed, what);
      const finished = await runCommand(["migrate", path]);
      expect(finished).to.include({ code: 0, stderr: "" });
      await expectFinished(folder, undisturbed, what);
    }
  }).timeout(60_000);
});
