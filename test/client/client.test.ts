import { join } from "node:path";
import { expect } from "chai";
import type { Client as Participant, RejectedMessage } from "../../src/client/index.js";
import { connect } from "../../src/client-node/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { readRows } from "../../harness/rows.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

describe("the client library", () => {
  it("keeps the order of messages that are not awaited", async () => {
    const db = join(await temporaryFolder(), "test.db");
    const daemon = await startDaemon({ db });
    const client = await connect(daemon.url, { outboxFile: join(await temporaryFolder(), "outbox") });
    const session = await client.setup({ config_str: "[common]\nparnames = [x]\n" });
    for (let trial = 1; trial <= 1000; trial += 1) {
      void session.tell({ config: { x: trial }, outcome: trial % 2 });
    }
    expect(session.pending).to.equal(1000);
    await session.flush();
    expect(session.pending).to.equal(0);
    expect(await session.finish()).to.include({ ok: true, type: "exit", seq: 1002, success: true });
    const rows = await readRows(db, "select param_value from param_data order by unique_id");
    expect(rows.map(({ param_value }) => param_value)).to.deep.equal(
      Array.from({ length: 1000 }, (_, index) => String(index + 1)),
    );
    await client.close();
  });

  it("records one trial whatever its values look like", async () => {
    const db = join(await temporaryFolder(), "test.db");
    const daemon = await startDaemon({ db });
    const client = await connect(daemon.url, { outbox: "memory" });
    const session = await client.setup({});
    await session.trial({ rgb: [255, 0, 0] }, { fruit: [] }, { rt: 0.4 });
    await session.trial({}, undefined);
    await client.close();
    expect(
      await readRows(db, "select trial, kind, name, text from trial order by trial, kind"),
    ).to.deep.equal([
      { trial: 1, kind: "extra_data", name: "rt", text: "0.4" },
      { trial: 1, kind: "outcome", name: "fruit", text: "[]" },
      { trial: 1, kind: "parameter", name: "rgb", text: "[255,0,0]" },
      { trial: 2, kind: "outcome", name: "outcome", text: null },
    ]);
  });

  it("causes no unhandled rejection when a message is refused", async () => {
    const daemon = await startDaemon();
    const client: Participant = await connect(daemon.url, { outbox: "memory" });
    const rejected: RejectedMessage[] = [];
    client.on("rejected", (one) => rejected.push(one));
    const session = await client.setup({});
    void session.tell({ config: { x: [] }, outcome: 1 });
    expect(await session.tell({ outcome: 1 })).to.include({ seq: 3 });
    expect(rejected).to.have.length(1);
    await client.close();
  });
});
