import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import {
  expectFinished,
  expectWhole,
  legacyFile,
  upgradeUndisturbed,
} from "../../harness/upgrade/undisturbed-upgrade.js";

const upgrader = fileURLToPath(new URL("../support/files/upgrade-files.js", import.meta.url));
const killer = new URL("../support/database/kill-at-statement.js", import.meta.url).href;

/** How many files one process upgrades side by side. */
const filesAProcess = 150;

async function runUpgrader(
  files: readonly string[],
): Promise<{ signal: NodeJS.Signals | null; code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [upgrader, ...files], { stdio: ["ignore", "ignore", "pipe"] });
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  await once(child, "close");
  return { signal: child.signalCode, code: child.exitCode, stderr };
}

describe("an upgrade that is killed", () => {
  for (const generation of [0, 1, 2, 3]) {
    it(`at any statement leaves an intact file of generation ${generation}, and is completed by the next upgrade`, async () => {
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
              await copyFile(legacyFile(generation), join(folder, "lab.db"));
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
          for (const { path, what } of files) await expectFinished(path, undisturbed, what);
          await rm(root, { recursive: true });
        }
      };
      await Promise.all([takeBatch(), takeBatch()]);
      expect([...reached].sort((a, b) => a - b)).to.deep.equal(undisturbed.states.map((_, index) => index));
    }).timeout(300_000);
  }

  it("as telltale migrate is completed by running the same command again", async () => {
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
      await copyFile(legacyFile(1), path);
      const killed = await runCommand(["migrate", path], {
        imports: [killer],
        env: { KILL_AT_STATEMENT: String(point + 1) },
      });
      expect(killed.code).to.equal(null);
      expect(killed.stdout).not.to.include("Upgraded.");
      const what = `killed at ${(statements[point] ?? "").slice(0, 60)}`;
      await expectWhole(path, undisturbed, what);
      const finished = await runCommand(["migrate", path]);
      expect(finished).to.include({ code: 0, stderr: "" });
      await expectFinished(path, undisturbed, what);
    }
  });
});
