import { expect } from "chai";
import { findFreePort } from "../../../harness/free-port.js";
import { Proxy } from "../../../harness/proxy.js";
import { readRows } from "../../../harness/rows.js";
import type { Client, Session } from "../../../src/client-node/index.js";
import { until } from "../../support/checks/until.js";
import { Clients, listen } from "../../support/client/clients.js";
import { startDaemon } from "../../support/daemon/daemon.js";

/** Frames of this many bytes end the daemon, as far as the client can see. */
const deadlyBytes = 20_000;

describe("a client on a message that ends its daemon", () => {
  const clients = new Clients();
  let proxy: Proxy;
  let client: Client;
  let session: Session;
  let deaths: number;

  const open = async () => {
    client = await clients.open(proxy.url);
    return listen(client, "rejected");
  };

  beforeEach(async () => {
    const daemon = await startDaemon({ db: clients.db, port: await findFreePort() });
    proxy = await Proxy.start(daemon.url);
    deaths = 0;
    proxy.judge = (chunk) => {
      if (chunk.length < deadlyBytes) return "pass";
      deaths += 1;
      return "cut";
    };
  });

  const tell = (x: number) => session.tell({ config: { x }, outcome: 1 });
  const kill = () => session.send("note", "x".repeat(deadlyBytes));
  const types = async () =>
    (await readRows(clients.db, "select message_type from replay_data order by seq"))
      .map((row) => row["message_type"])
      .filter((type) => type !== "resume");

  it("gives it up after three deaths, keeps it, and goes on with the others", async () => {
    const rejected = await open();
    session = await client.setup({});
    void tell(1);
    void kill();
    void tell(2);
    await session.flush();
    expect(deaths).to.be.within(3, 5);
    expect(rejected).to.have.length(1);
    expect(rejected[0]).to.include({ code: "too_costly", type: "note", stored: false });
    expect(rejected[0]?.reason).to.match(/^The daemon ended or fell silent 3 times/);
    expect(await types()).to.deep.equal(["setup", "tell", "tell"]);
    expect(await client.rejected()).to.have.length(1);
  });

  it("counts on after a restart of the client", async () => {
    await open();
    const lost = listen(client, "disconnected");
    session = await client.setup({});
    void kill();
    await until(() => lost.length === 2);
    await client.close();
    const rejected = await open();
    await until(() => rejected.length > 0);
    expect(deaths).to.equal(3);
    expect(rejected[0]?.code).to.equal("too_costly");
    expect(client.pending).to.equal(0);
  });

  it("keeps a message that was on its way by chance", async () => {
    const rejected = await open();
    session = await client.setup({});
    proxy.judge = () => (++deaths > 2 ? "pass" : "cut the answer");
    await tell(1);
    proxy.judge = () => "pass";
    for (const x of [2, 3]) await tell(x);
    expect(rejected).to.deep.equal([]);
    expect(await types()).to.deep.equal(["setup", "tell", "tell", "tell"]);
  });

  it("blames nothing while the daemon says why it cannot answer", async () => {
    const rejected = await open();
    session = await client.setup({});
    proxy.judge = () => "pass";
    for (let restarts = 0; restarts < 4; restarts += 1) {
      const told = tell(restarts);
      proxy.cutAll();
      await told;
    }
    expect(rejected).to.deep.equal([]);
  });
});
