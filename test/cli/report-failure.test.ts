import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { runCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

describe("An unexpected error", () => {
  /** Runs a command whose output fails as only a bug makes it fail. */
  async function runBroken(env: Record<string, string> = {}) {
    const preload = join(await temporaryFolder(), "broken.cjs");
    await writeFile(preload, 'process.stdout.write = () => { throw new TypeError("a bug"); };\n');
    return runCommand(["token", "read"], { env: { ...env, NODE_OPTIONS: `--require ${preload}` } });
  }

  it("is reported without a stack trace, and the exit code is 1", async () => {
    expect(await runBroken()).to.deep.equal({
      code: 1,
      stdout: "",
      stderr:
        "Unexpected TypeError: a bug\nRun the same command with NODE_DEBUG=telltale to see where, and report it.\n",
    });
  });

  it("is reported with its stack trace under NODE_DEBUG=telltale", async () => {
    const { stderr } = await runBroken({ NODE_DEBUG: "telltale" });
    expect(stderr).to.match(/^ +at .*token/m);
  });
});
