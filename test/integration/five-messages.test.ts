import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { startDaemon } from "../support/daemon/daemon.js";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));
const python = "/usr/bin/python3";

/** The first block of this language under "Five messages" in PROTOCOL.md, with another address for the daemon's. */
function readProgram(language: "python" | "js", url: string): string {
  const page = readFileSync(join(root, "docs/PROTOCOL.md"), "utf8").replaceAll("\r\n", "\n");
  const section = page.slice(page.indexOf("## Five messages"), page.indexOf("## Error codes"));
  const program = new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``).exec(section)?.[1] ?? "";
  expect(program).to.include("ws://127.0.0.1:8765");
  return program.replace("ws://127.0.0.1:8765", url);
}

/** The types of a database's messages in their order, and its number of trials. */
async function readSession(db: string): Promise<{ types: unknown[]; trials: unknown }> {
  const messages = await readRows(db, "select message_type from replay_data order by seq");
  const [trials] = await readRows(db, "select count(*) as trials from raw_data");
  return { types: messages.map((row) => row["message_type"]), trials: trials?.["trials"] };
}

const stored = { types: ["setup", "ask", "tell", "resume", "exit"], trials: 1 };

describe("Five messages, in PROTOCOL.md", () => {
  it("takes sixty lines at most", () => {
    const lines = (["python", "js"] as const).flatMap((language) =>
      readProgram(language, "").trimEnd().split("\n"),
    );
    expect(lines.length).to.be.at.most(60);
  });

  it("stores one trial when the JavaScript program runs", async () => {
    const db = join(await temporaryFolder(), "test.db");
    const daemon = await startDaemon({ db });
    await run(process.execPath, ["--input-type=module", "--eval", readProgram("js", daemon.url)], {
      cwd: root,
    });
    expect(await readSession(db)).to.deep.equal(stored);
  });

  it("stores one trial when the Python program runs", async function () {
    const hasWebsockets = await run(python, ["-c", "import websockets"]).then(
      () => true,
      () => false,
    );
    if (!hasWebsockets) {
      this.test!.title += " (skipped: python3-websockets is not installed)";
      this.skip();
    }
    const folder = await temporaryFolder();
    const db = join(folder, "test.db");
    const daemon = await startDaemon({ db });
    const program = join(folder, "five.py");
    await writeFile(program, readProgram("python", daemon.url));
    await run(python, [program]);
    expect(await readSession(db)).to.deep.equal(stored);
  });
});
