import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { findFreePort } from "../../harness/free-port.js";
import { connect } from "../../src/client-node/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { readRows } from "../../harness/rows.js";
import { readTrials } from "../support/database/read-trials.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const script = fileURLToPath(new URL("../support/client/tell-through-outbox.js", import.meta.url));

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe("a client whose daemon is killed", () => {
  it("stores every trial once and in order when the daemon is back", async () => {
    const folder = await temporaryFolder();
    const db = join(folder, "test.db");
    const port = String(await findFreePort());
    let served = await DaemonProcess.start(db, { flags: ["--port", port] });
    const client = await connect(served.url, { outboxFile: join(folder, "outbox") });
    const session = await client.setup({ experiment_name: "kill" });
    let acknowledged = 0;
    client.on("acknowledged", () => (acknowledged += 1));
    let told = 0;
    for (let round = 1; round <= 2; round += 1) {
      const enough = acknowledged + 200;
      while (acknowledged < enough) {
        if (session.pending < 500) {
          told += 1;
          void session.tell({ config: { trial: told }, outcome: 1 });
        }
        if (told % 20 === 0 || session.pending >= 500) await new Promise((resolve) => setImmediate(resolve));
      }
      await served.end("SIGKILL");
      served = await DaemonProcess.start(db, { flags: ["--port", port] });
    }
    await session.flush();
    await session.finish();
    await client.close();
    await served.end("SIGTERM");
    expect(await readTrials(db, session.id)).to.deep.equal(upTo(told));
  });
});

describe("a client that is killed and started again with its outbox", () => {
  interface Run {
    readonly child: ChildProcess;
    readonly lines: string[];
    readonly end: Promise<unknown>;
  }

  function start(...parameters: (string | number)[]): Run {
    const child = spawn(process.execPath, [script, ...parameters.map(String)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const lines: string[] = [];
    createInterface(child.stdout).on("line", (line) => lines.push(line));
    return { child, lines, end: once(child, "close") };
  }

  const count = (lines: readonly string[], word: string) =>
    lines.filter((line) => line.startsWith(word)).length;

  it("first sends the remaining messages, in order, once", async () => {
    const folder = await temporaryFolder();
    const db = join(folder, "test.db");
    const daemon = await startDaemon({ db });
    const session = randomUUID();
    const outboxFile = join(folder, "outbox");
    const acknowledged = new Set<string>();
    for (let round = 0; round < 6; round += 1) {
      const run = start(daemon.url, outboxFile, session, round * 10_000 + 1, 10_000);
      const enough = 1 + round * 80;
      await until(() => run.child.exitCode !== null || count(run.lines, "acknowledged tell") >= enough);
      run.child.kill("SIGKILL");
      await run.end;
      expect(count(run.lines, "rejected")).to.equal(0);
      for (const line of run.lines.filter((one) => one.startsWith("acknowledged"))) {
        acknowledged.add(line.split(" ")[2] ?? "");
      }
    }
    const last = start(daemon.url, outboxFile, session, 60_001, 10);
    await last.end;
    expect(last.lines.at(-1)).to.equal("flushed");

    const trials = await readTrials(db, session);
    expect(trials).to.deep.equal([...new Set(trials)].sort((a, b) => a - b));
    expect(trials.slice(-10)).to.deep.equal(upTo(10).map((trial) => 60_000 + trial));
    const ids = await readRows(db, "select message_id from replay_data");
    const stored = new Set(ids.map(({ message_id }) => message_id));
    expect([...acknowledged].filter((id) => !stored.has(id))).to.deep.equal([]);
    // Of each run, what was stored is what was told first: nothing is left out between.
    for (let round = 0; round < 6; round += 1) {
      const own = trials.filter((trial) => Math.ceil(trial / 10_000) === round + 1);
      expect(own).to.deep.equal(upTo(own.length).map((trial) => round * 10_000 + trial));
    }
  });
});
