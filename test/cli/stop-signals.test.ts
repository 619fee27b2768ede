import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect } from "chai";
import { commandPath } from "../../harness/child-processes.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { startCommand } from "../../harness/run-command.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { Client } from "../../harness/client.js";
import { until } from "../support/checks/until.js";
import { writeTimedSession } from "../support/database/write-timed-session.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

const exists = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );

describe("A stop signal", () => {
  let db: string;

  beforeEach(async () => {
    db = join(await temporaryFolder(), "test.db");
  });

  describe("to telltale replay", () => {
    const next = async (child: ChildProcess) => {
      if (child.stdout === null) throw new Error("It has no output.");
      const [line] = (await once(createInterface(child.stdout), "line")) as [string];
      return line;
    };

    for (const [signal, code] of [
      ["SIGINT", 130],
      ["SIGTERM", 143],
      ["SIGHUP", 129],
    ] as const) {
      it(`ends a replay in the session's own time after a whole line, with ${code}, for ${signal}`, async () => {
        const session = await writeTimedSession(db, [0, 1, 600_000]);
        const { process: child, end } = startCommand(["replay", session, "--speed", "1", "--db", db]);
        await next(child);
        child.kill(signal);
        const { stdout, ...rest } = await end;
        expect(rest).to.deep.equal({ code, stderr: "" });
        expect(stdout).to.match(/^(\{.*\}\n){1,2}$/);
      });

      it(`ends a replay that follows a session with 0, for ${signal}`, async () => {
        const session = await writeTimedSession(db, [0]);
        const { process: child, end } = startCommand(["replay", session, "--follow", "--db", db]);
        await next(child);
        child.kill(signal);
        expect(await end).to.deep.include({ code: 0, stderr: "" });
      });
    }
  });

  describe("to telltale serve", () => {
    it("counts once when it is SIGHUP, however often a closed terminal sends it", async () => {
      const served = await DaemonProcess.start(db);
      const client = await Client.connect(served.url);
      await client.request(setup);
      const unlock = await lockWriters(db);
      client.send(tell);
      client.socket.ping();
      await once(client.socket, "pong");
      served.child.kill("SIGHUP");
      const isListening = () =>
        fetch(served.url.replace("ws:", "http:")).then(
          () => true,
          () => false,
        );
      await until(async () => !(await isListening()));
      served.child.kill("SIGHUP");
      await unlock();
      expect(await served.end("SIGHUP")).to.equal(0);
      expect(await readRows(db, "select count(*) as n from replay_data")).to.deep.equal([{ n: 2 }]);
    });

    it("ends it in order when its terminal is closed", async function () {
      if (process.platform !== "linux") this.skip();
      const command = `exec ${process.execPath} ${commandPath} serve --port 0 --db ${db}`;
      // `script` holds the other end of the terminal.
      const terminal = spawn("script", ["-qec", command, "/dev/null"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      for await (const chunk of terminal.stdout) if (String(chunk).includes("telltale started")) break;
      expect(await exists(`${db}-wal`)).to.equal(true);
      terminal.kill("SIGKILL");
      // Only a daemon that stops in order takes its log away.
      await until(async () => !(await exists(`${db}-wal`)));
      expect(await readRows(db, "select count(*) as n from replay_data")).to.deep.equal([{ n: 0 }]);
    });
  });
});
