import { expect } from "chai";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, beginSession, get, getLines, getPage, tellOf } from "../support/client/http.js";

describeOnEngines("GET /api/sessions/{session}/trials", (engine) => {
  const start = async () => startDaemon({ db: await engine.makeReadyLocation() });

  it("returns one row per trial", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request({
      type: "tell",
      message: { config: { x: 0.5, side: "left" }, outcome: { seen: true, rt: null }, note: [1] },
    });
    const { rows, cursor, more } = await getPage(daemon, "/api/sessions/1/trials");
    expect({ cursor, more }).to.deep.equal({ cursor: 1, more: false });
    const [{ timestamp, ...trial } = {}] = rows;
    expect(timestamp).to.match(/T.*Z$/);
    expect(trial).to.deep.equal({
      trial: 1,
      seq: 2,
      occurred_at: null,
      clock_uncertainty_ms: null,
      model_data: true,
      parameters: { x: 0.5, side: "left" },
      outcomes: { seen: 1, rt: null },
      extra_data: { note: [1] },
    });
  });

  it("returns every trial once, in pages and as a stream, even while the session grows", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    const found: unknown[] = [];
    let told = 0;
    for (let cursor = 0, more = true; more || told < 12;) {
      // Two trials in each.
      if (told < 12)
        await client.request({ type: "tell", message: { config: { x: [1, (told += 1)] }, outcome: [0, 1] } });
      const page = await getPage(daemon, `/api/sessions/1/trials?limit=3&cursor=${cursor}`);
      found.push(...page.rows);
      ({ cursor, more } = page);
    }
    expect(found.map((row) => (row as { trial: number }).trial)).to.deep.equal(
      Array.from({ length: 24 }, (_, index) => index + 1),
    );
    expect(await getLines(daemon, "/api/sessions/1/trials")).to.deep.equal(found);
  });

  it("returns an empty list for a session without trials", async () => {
    const daemon = await start();
    await beginSession(daemon, aa1);
    expect(await getPage(daemon, "/api/sessions/1/trials")).to.deep.equal({
      rows: [],
      cursor: 0,
      more: false,
    });
    expect(await getLines(daemon, "/api/sessions/1/trials")).to.deep.equal([]);
  });

  it("answers 304 until there are new trials", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    const path = "/api/sessions/1/trials";
    const etag = (await get(daemon, path)).headers.get("etag") ?? "";
    await client.request({ type: "ask" });
    expect((await get(daemon, path, { "if-none-match": etag })).status).to.equal(304);
    await client.request(tellOf(2));
    expect((await get(daemon, path, { "if-none-match": etag })).status).to.equal(200);
  });
});
