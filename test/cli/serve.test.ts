import { once } from "node:events";
import { stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { runCommand } from "../../harness/run-command.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describe("telltale serve", () => {
  let folder: string;
  let db: string;

  beforeEach(async () => {
    folder = await temporaryFolder();
    db = join(folder, "test.db");
  });

  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    it(`stores the received messages, and exits with 0, on ${signal}`, async () => {
      const served = await DaemonProcess.start(db);
      const client = await Client.connect(served.url);
      await client.request(setup);
      await client.request(tell);
      expect(await served.end(signal)).to.equal(0);
      expect(await client.closed()).to.equal(1001);
      expect(await stat(`${db}-wal`).catch(() => undefined)).to.equal(undefined);
      expect(served.lines.at(-1)).to.include({ msg: "telltale stopped" });
    });
  }

  describe("while another process has the database locked", () => {
    let served: DaemonProcess;
    let client: Client;
    let unlock: () => Promise<void>;

    beforeEach(async () => {
      served = await DaemonProcess.start(db);
      client = await Client.connect(served.url);
      await client.request(setup);
      unlock = await lockWriters(db);
      client.send(tell);
      // The pong comes after the tell before it was taken.
      client.socket.ping();
      await once(client.socket, "pong");
    });

    afterEach(async () => {
      await unlock();
    });

    it("exits with 1, and acknowledges nothing that is not stored", async () => {
      expect(await served.end("SIGTERM")).to.equal(1);
      expect(client.replies.filter(({ ok }) => ok)).to.deep.equal([]);
    });

    it("exits at once on a second signal", async () => {
      served.child.kill("SIGTERM");
      const isListening = () =>
        fetch(served.url.replace("ws:", "http:")).then(
          () => true,
          () => false,
        );
      await until(async () => !(await isListening()));
      expect(await served.end("SIGTERM")).to.equal(1);
      expect(served.lines.at(-1)).not.to.include({ msg: "telltale stopped" });
    });
  });

  it("stops cleanly on a signal that comes the moment it has started", async () => {
    for (let round = 0; round < 5; round += 1) {
      const served = await DaemonProcess.start(db);
      expect(await served.end("SIGTERM")).to.equal(0);
    }
  });

  it("creates ./databases/default.db by default", async () => {
    const served = await DaemonProcess.start(undefined, { cwd: folder });
    expect(await served.end("SIGTERM")).to.equal(0);
    expect((await stat(join(folder, "databases", "default.db"))).isFile()).to.equal(true);
  });

  it("creates no file when its configuration is wrong", async () => {
    const { code, stderr } = await runCommand(["serve", "--port", "70000"], { cwd: folder });
    expect(code).to.equal(1);
    expect(stderr).to.equal("--port must be a whole number from 0 to 65535, not `70000`.\n");
    expect(await stat(join(folder, "databases")).catch(() => undefined)).to.equal(undefined);
  });

  it("reports every problem of its configuration at once", async () => {
    const flags = ["serve", "--port", "x", "--log-level", "loud", "--prot", "9"];
    const { code, stdout, stderr } = await runCommand(flags, {
      cwd: folder,
      env: { TELLTALE_HOST: "", TELLTALE_COLOUR: "red" },
    });
    expect(code).to.equal(1);
    expect(stdout).to.equal("");
    for (const word of ["--port", "--log-level", "--prot", "TELLTALE_HOST", "TELLTALE_COLOUR"])
      expect(stderr).to.include(word);
    expect(stderr).not.to.match(/^\s+at /m);
  });

  it("takes its settings from the environment after its flags", async () => {
    await writeFile(db, "no database, but long enough to be taken for one".repeat(30));
    const { code, stderr } = await runCommand(["serve", "--port", "0"], {
      env: { TELLTALE_DB: db, TELLTALE_PORT: "x" },
    });
    expect(code).to.equal(1);
    expect(stderr).to.equal(`${db} is not a SQLite database; choose another file.\n`);
  });

  it("lists its flags", async () => {
    const { code, stdout } = await runCommand(["serve", "--help"]);
    expect(code).to.equal(0);
    for (const flag of ["--db", "--host", "--port", "--max-message-bytes", "--log-level"])
      expect(stdout).to.include(flag);
  });

  it("refuses an unknown command", async () => {
    const { code, stderr } = await runCommand(["sevre"]);
    expect(code).to.equal(1);
    expect(stderr).to.include("serve");
  });

  it("closes with 1009 on a message over --max-message-bytes", async () => {
    const served = await DaemonProcess.start(db, { flags: ["--max-message-bytes", "2000"] });
    const client = await Client.connect(served.url);
    await client.request(setup);
    client.send({ type: "note", message: "x".repeat(2000) });
    expect(await client.closed()).to.equal(1009);
    expect(await served.end("SIGTERM")).to.equal(0);
    expect(await readRows(db, "select count(*) as n from rejected_data")).to.deep.equal([{ n: 1 }]);
  });
});
