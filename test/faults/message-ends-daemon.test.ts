import { join } from "node:path";
import { expect } from "chai";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { findFreePort } from "../../harness/free-port.js";
import { readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";
import { connect } from "../../src/client-node/index.js";

/** Too little for the message below, and enough for everything else. */
const heapMb = 64;
/** As many maps as a message may have, nearly. */
const manyMaps = 900_000;

describe("a message on which its daemon runs out of memory", () => {
  it("is given up after three daemons, and the others are stored", async () => {
    const folder = await temporaryFolder();
    const db = join(folder, "test.db");
    const port = await findFreePort();
    const options = {
      flags: ["--port", String(port)],
      env: { NODE_OPTIONS: `--max-old-space-size=${heapMb}` },
    };
    let ended = 0;
    const over = new AbortController();
    let daemon = await DaemonProcess.start(db, options);
    const { url } = daemon;
    const supervise = async () => {
      for (;;) {
        await new Promise((resolve) => daemon.child.once("close", resolve));
        if (over.signal.aborted) return;
        ended += 1;
        daemon = await DaemonProcess.start(db, options);
      }
    };
    const supervised = supervise();
    const client = await connect(url, { outboxFile: join(folder, "outbox") });
    client.on("disconnected", () => undefined);
    const rejected: { readonly code: string; readonly type: string }[] = [];
    client.on("rejected", (message) => rejected.push(message));
    const session = await client.setup({});
    void session.tell({ config: { x: 1 }, outcome: 1 });
    void session.send(
      "note",
      Array.from({ length: manyMaps }, () => ({})),
    );
    void session.tell({ config: { x: 2 }, outcome: 1 });
    await client.flush();
    await client.close();
    over.abort();
    await daemon.stop();
    await supervised;
    expect(rejected.map(({ code, type }) => [code, type])).to.deep.equal([["too_costly", "note"]]);
    expect(ended).to.be.within(3, 5);
    const types = await readRows(
      db,
      "select message_type as type from replay_data where message_type <> 'resume' order by seq",
    );
    expect(types.map(({ type }) => type)).to.deep.equal(["setup", "tell", "tell"]);
  });
});
