import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { get, httpUrl } from "../support/client/http.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { findPythonWith, hasR } from "../support/files/interpreters.js";

const page = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../${name}`, import.meta.url)), "utf8").replaceAll("\r\n", "\n");

/** The first code block of a language that reads a table. */
function blockOf(text: string, language: string, call: string): string {
  const blocks = text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm"));
  const block = Array.from(blocks, ([, code = ""]) => code).find((code) => code.includes(call));
  if (block === undefined) throw new Error(`There is no ${language} that calls ${call}.`);
  return block;
}

/** Numbers whose last bit a careless reader loses, among others. */
const contrasts = [0.1, 0.729085385862905, 1 / 3, 5e-324, 1.7976931348623157e308, 123456789.12345679];

/** Runs a program beside the daemon of this process; returns the lines that it prints. */
async function printLines(command: string, flags: readonly string[], cwd: string): Promise<string[]> {
  const { stdout } = await promisify(execFile)(command, flags, { cwd });
  return stdout.trim().split("\n");
}

describe("The tables of an export", () => {
  /** A folder with trials.csv, and the daemon that they come from. */
  async function write() {
    const folder = await temporaryFolder();
    const daemon = await startDaemon({ db: join(folder, "test.db") });
    await sendAll(daemon, [
      setupOf(crypto.randomUUID(), { experiment_name: "NA", participant_id: "007" }),
      ...contrasts.map((contrast) => tellOf({ contrast, stimulus: "NA" }, 1)),
    ]);
    const { text } = await get(daemon, "/api/export?all=true&format=csv");
    await writeFile(join(folder, "trials.csv"), text);
    return { folder, daemon };
  }

  const said = `007 NA NA ${contrasts.length}`;

  it("are read by pandas as EXPORTS.md shows, with every text and bit, and by URL as README.md shows", async function () {
    const python = findPythonWith("pandas");
    if (python === undefined) this.skip();
    const { folder, daemon } = await write();
    const byUrl = blockOf(page("README.md"), "python", "read_csv").replace(
      "http://127.0.0.1:8765",
      httpUrl(daemon),
    );
    const program = `import pandas
${blockOf(page("docs/EXPORTS.md"), "python", "read_csv")}
first = trials.iloc[0]
print(first["participant_id"], first["experiment_name"], first["stimulus"], len(trials))
for contrast in trials["contrast"]:
    print(contrast)
${byUrl}
print(len(trials), trials["participant_id"][0])
`;
    const printed = await printLines(python, ["-c", program], folder);
    expect(printed[0]).to.equal(said);
    expect(printed.slice(1, -1).map(Number)).to.deep.equal(contrasts);
    expect(printed.at(-1)).to.equal(`${contrasts.length} 007`);
  });

  it("are read by readr as EXPORTS.md shows, with every text and bit", async function () {
    if (!hasR("readr")) this.skip();
    const { folder } = await write();
    const program = `${blockOf(page("docs/EXPORTS.md"), "r", "read_csv")}
cat(trials$participant_id[1], trials$experiment_name[1], trials$stimulus[1], nrow(trials), fill = TRUE)
for (contrast in trials$contrast) cat(sprintf("%.17g", contrast), fill = TRUE)
`;
    const printed = await printLines("Rscript", ["-e", program], folder);
    expect(printed[0]).to.equal(said);
    expect(printed.slice(1).map(Number)).to.deep.equal(contrasts);
  });
});
