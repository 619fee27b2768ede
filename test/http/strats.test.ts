import { expect } from "chai";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, beginSession, get, getLines, getPage, httpUrl } from "../support/client/http.js";

describeOnEngines("GET /api/sessions/{session}/strats", (engine) => {
  const start = async () => startDaemon({ db: await engine.makeReadyLocation() });

  it("lists the strats, page by page and as a stream", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    for (let n = 0; n < 3; n += 1) {
      await client.request({ type: "ask" });
      await client.request({ type: "strat", message: n });
    }
    const first = await getPage(daemon, "/api/sessions/1/strats?limit=2");
    expect(first).to.include({ cursor: 2, more: true });
    const second = await getPage(daemon, "/api/sessions/1/strats?cursor=2");
    expect(second).to.include({ cursor: 3, more: false });
    const rows = [...first.rows, ...second.rows];
    expect(rows.map(({ position, seq }) => [position, seq])).to.deep.equal([
      [0, 3],
      [1, 5],
      [2, 7],
    ]);
    expect(await getLines(daemon, "/api/sessions/1/strats")).to.deep.equal(rows);
  });

  it("returns one as it was stored, counted from the start or the end", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request({ type: "strat", message: { model: [1, 2n ** 60n] } });
    await client.request({ type: "strat", message: "text" });
    const first = await get(daemon, "/api/sessions/1/strats/0");
    expect(first.text).to.equal(`{"model":[1,{"$integer":"${2n ** 60n}"}]}`);
    expect((await get(daemon, "/api/sessions/1/strats/-2")).text).to.equal(first.text);
    expect((await get(daemon, "/api/sessions/1/strats/-1")).json).to.equal("text");
  });

  it("returns bytes as bytes", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    const strat = Uint8Array.from({ length: 256 }, (_, index) => index);
    await client.request({ type: "strat", message: strat });
    const response = await fetch(`${httpUrl(daemon)}/api/sessions/1/strats/0`, {
      headers: { connection: "close" },
    });
    expect(response.headers.get("content-type")).to.equal("application/octet-stream");
    expect(new Uint8Array(await response.arrayBuffer())).to.deep.equal(strat);
  });

  it("reports a position without a strat", async () => {
    const daemon = await start();
    await beginSession(daemon, aa1);
    const { status, json } = await get(daemon, "/api/sessions/1/strats/0");
    expect(status).to.equal(404);
    expect(json).to.deep.equal({ code: "unknown_strat", message: "The session has no strat at position 0." });
  });
});
