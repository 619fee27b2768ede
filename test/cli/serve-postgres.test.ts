import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { findFreePort } from "../../harness/free-port.js";
import { makePostgresDatabase, startPostgresServer } from "../../harness/postgres/test-databases.js";
import { readRows, refuseRows } from "../../harness/rows.js";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { runCommand } from "../../harness/run-command.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: ["participant 7"] }, outcome: 1 } };

describe("telltale serve with a PostgreSQL database", () => {
  /** An address whose user, password, port or database are others. */
  async function addressOf(change: (url: URL) => void): Promise<string> {
    const url = new URL(await makePostgresDatabase());
    change(url);
    return url.href;
  }

  const wrong: Record<string, [address: () => Promise<string>, ...words: string[]]> = {
    "a wrong password": [() => addressOf((url) => (url.password = "hunter3")), "refuses", "password"],
    "a password that is missing": [() => addressOf((url) => (url.password = "")), "refuses", "password"],
    "a user that does not exist": [() => addressOf((url) => (url.username = "nobody")), "refuses", "user"],
    "a database that does not exist": [() => addressOf((url) => (url.pathname = "/gone")), "does not exist"],
    "a port where nothing listens": [
      async () => {
        const port = await findFreePort();
        return addressOf((url) => (url.port = String(port)));
      },
      "cannot be reached",
    ],
    "a host that does not exist": [
      () => addressOf((url) => (url.hostname = "nowhere.invalid")),
      "cannot be reached",
    ],
    "an address that cannot be read": [
      () => Promise.resolve("postgres://user:hunter2@localhost:port/db"),
      "cannot be read",
    ],
  };

  for (const [what, [address, ...words]] of Object.entries(wrong)) {
    it(`says in one sentence what is wrong with ${what}, without the password, and exits with 1`, async () => {
      const flags = ["serve", "--port", "0", "--log-level", "trace", "--db", await address()];
      const { code, stdout, stderr } = await runCommand(flags);
      expect(code).to.equal(1);
      expect(stdout).to.equal("");
      expect(stderr).to.match(/^[^\n]+\.\n$/);
      for (const word of words) expect(stderr).to.include(word);
      expect(stderr).not.to.match(/hunter/);
    });
  }

  it("never logs the password or what participants sent", async () => {
    const server = await startPostgresServer();
    const db = server.urlOf("postgres");
    const served = await DaemonProcess.start(db, { flags: ["--log-level", "trace"] });
    const client = await Client.connect(served.url);
    const { session } = await client.request(setup);
    await refuseRows(db, "param_data", "true");
    expect(await client.request({ ...tell, session })).to.include({ code: "internal" });
    await server.stop();
    expect(await client.request({ ...tell, session })).to.include({ code: "unavailable", retry: true });
    await server.restart();
    const again = await Client.connect(served.url);
    expect(await again.request({ type: "ask", session })).to.include({ ok: true });
    expect(await served.end("SIGTERM")).to.equal(0);
    const logged = served.lines.map((line) => JSON.stringify(line)).join("\n");
    expect(logged).to.include("refused").and.include("database failed").and.include("database reopened");
    expect(logged).not.to.match(/hunter2|participant 7/);
    expect(await readRows(db, "select code from rejected_data")).to.deep.equal([{ code: "internal" }]);
  });
});
