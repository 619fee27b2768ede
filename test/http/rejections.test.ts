import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, beginSession, getLines, getPage } from "../support/client/http.js";

describeOnEngines("GET /api/rejected", (engine) => {
  it("returns rejected frames, of one session and of all", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const stranger = await Client.connect(daemon.url);
    stranger.sendFrame("no JSON");
    await stranger.reply();
    const client = await beginSession(daemon, aa1);
    await client.request({ type: "BAD", x: 2n ** 60n });

    const first = await getPage(daemon, "/api/rejected?limit=1");
    expect(first).to.include({ cursor: 1, more: true });
    expect(first.rows[0]).to.include({
      unique_id: 1,
      session_id: null,
      code: "malformed",
      length: 7,
      request: "no JSON",
    });
    const second = await getPage(daemon, "/api/rejected?cursor=1");
    expect(second).to.include({ cursor: 2, more: false });
    expect(second.rows[0]).to.deep.include({
      session_id: aa1,
      code: "invalid",
      request: { type: "BAD", x: { $integer: String(2n ** 60n) } },
    });
    expect((await getPage(daemon, "/api/sessions/1/rejected")).rows).to.deep.equal(second.rows);
    expect(await getLines(daemon, "/api/rejected")).to.deep.equal([...first.rows, ...second.rows]);
  });
});
