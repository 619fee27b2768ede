import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { startDaemon, stopDaemons } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { sendAll, setupOf, tellOf } from "../support/client/send-all.js";
import { readRows } from "../../harness/rows.js";
import { findPythonWith, hasR } from "../support/files/interpreters.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const path = fileURLToPath(new URL("../../../docs/QUERYING.md", import.meta.url));
const page = readFileSync(path, "utf8").replaceAll("\r\n", "\n");

/** The code blocks of a language. */
function readBlocks(language: string): string[] {
  return Array.from(
    page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, "gm")),
    ([, code = ""]) => code,
  );
}

const questions = Array.from(page.matchAll(/^## (\d+\. .+)$/gm), ([, question = ""]) => question);

/** How many rows answer each question about what {@link recordAll} records. */
const counts = [4, 3, 4, 2, 3, 2, 1, 4, 2, 11];

/** Four sessions of three participants; the experiment of the first has no name, and no trials. */
async function recordAll(db: string): Promise<void> {
  const daemon = await startDaemon({ db });
  await sendAll(daemon, [setupOf(crypto.randomUUID(), { participant_id: "P3" })]);
  for (const [participant_id, contrasts] of [
    ["P1", [0.1, 0.2, 0.4]],
    ["P2", [0.1, 0.2, 0.4, 0.4]],
    ["P1", [0.1, 0.1, 0.2, 0.4]],
  ] as const) {
    await sendAll(daemon, [
      setupOf(crypto.randomUUID(), { experiment_name: "contrast", participant_id }),
      ...contrasts.map((contrast, index) =>
        tellOf(
          { contrast: [contrast], side: ["left"] },
          index === 3 && participant_id === "P2" ? null : index % 2,
          { rt: 0.3 + index / 10 },
        ),
      ),
    ]);
  }
  const client = await Client.connect(daemon.url);
  await client.request({ type: "ask" });
  await client.request({ type: "Not a type" });
  await stopDaemons();
}

describe("docs/QUERYING.md", () => {
  it("answers ten questions, each in SQL, Python and R", () => {
    expect(questions).to.have.length(10);
    expect(readBlocks("sql")).to.have.length(10);
    expect(readBlocks("python")).to.have.length(11);
    expect(readBlocks("r")).to.have.length(11);
  });

  it("answers them with pandas 1.5 or 2", async function () {
    const python = findPythonWith("pandas");
    if (python === undefined) this.skip();
    expect(await answer(python, "-c", "python", "print(len(answer))")).to.deep.equal(counts);
  });

  it("answers them with R", async function () {
    if (!hasR("RSQLite")) this.skip();
    expect(await answer("Rscript", "-e", "r", "cat(nrow(answer), fill = TRUE)")).to.deep.equal(counts);
  });

  /** Runs the code blocks of a language as one program; returns the number that it prints after each. */
  async function answer(command: string, flag: string, language: string, print: string): Promise<number[]> {
    const folder = await temporaryFolder();
    mkdirSync(join(folder, "databases"));
    await recordAll(join(folder, "databases", "default.db"));
    const [prelude = "", ...answers] = readBlocks(language);
    const program = [prelude, ...answers.map((code) => `${code}\n${print}\n`)].join("\n");
    const printed = execFileSync(command, [flag, program], { cwd: folder, encoding: "utf8" });
    return printed.trim().split("\n").map(Number);
  }
});

describeOnEngines("docs/QUERYING.md", (engine) => {
  it("answers the questions in SQL", async () => {
    const db = await engine.makeReadyLocation();
    await recordAll(db);
    const answered: number[] = [];
    for (const sql of readBlocks("sql")) {
      answered.push((await readRows(db, onEngine(sql, engine.name))).length);
    }
    expect(answered).to.deep.equal(counts);
  });
});

/** The statement as its comment says it for PostgreSQL. */
function onEngine(sql: string, name: string): string {
  const [, instead] = /^-- On PostgreSQL: (.+)$/m.exec(sql) ?? [];
  if (instead === undefined || name !== "PostgreSQL") return sql;
  return sql.replace("avg(json_extract(extra_data, '$.rt'))", () => instead);
}
