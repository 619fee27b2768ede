import { expect } from "chai";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, beginSession, get, getLines, getPage, tellOf } from "../support/client/http.js";

describeOnEngines("GET /api/sessions/{session}/messages", (engine) => {
  const start = async () => startDaemon({ db: await engine.makeReadyLocation() });
  const seqs = (rows: readonly Record<string, unknown>[]) => rows.map(({ seq }) => seq);

  it("returns each message as it was sent, with tagged forms for values that JSON lacks", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    const extra_info = new Map<string, unknown>([
      ["bytes", new Uint8Array([0, 255])],
      ["count", 2n ** 60n],
      ["gain", NaN],
      ["__proto__", -0],
    ]);
    await client.request({ type: "ask", id: "a1", extra_info });
    const { text } = await get(daemon, "/api/sessions/last/messages?cursor=1");
    expect(text).to.match(
      /^\{"messages":\[\{"seq":2,"timestamp":"[^"]+Z","occurred_at":null,"clock_uncertainty_ms":null,"type":"ask","id":"a1","derivation_error":null,/,
    );
    expect(text).to.include(
      `"request":{"type":"ask","id":"a1","extra_info":{"bytes":{"$bytes":"AP8="},"count":{"$integer":"${2n ** 60n}"},` +
        `"gain":{"$number":"NaN"},"__proto__":-0.0}}}],"cursor":2,"more":false}`,
    );
  });

  it("returns every message once, page by page, while the session grows", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    const found: unknown[] = [];
    let told = 0;
    for (let cursor = 0, more = true; more || told < 40;) {
      for (let n = 0; n < 5 && told < 40; n += 1) await client.request(tellOf((told += 1)));
      const page = await getPage(daemon, `/api/sessions/1/messages?limit=7&cursor=${cursor}`);
      expect(page.rows.length).to.be.at.most(7);
      found.push(...seqs(page.rows));
      ({ cursor, more } = page);
    }
    expect(found).to.deep.equal(Array.from({ length: 41 }, (_, index) => index + 1));
  });

  it("streams all messages, one object per line", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    for (let trial = 1; trial <= 450; trial += 1) client.send(tellOf(trial));
    for (let trial = 1; trial <= 450; trial += 1) await client.reply();
    const { headers } = await get(daemon, "/api/sessions/1/messages?format=ndjson");
    expect(headers.get("content-type")).to.equal("application/x-ndjson");
    const lines = await getLines(daemon, "/api/sessions/1/messages");
    expect(seqs(lines)).to.deep.equal(Array.from({ length: 451 }, (_, index) => index + 1));
    const { rows } = await getPage(daemon, "/api/sessions/1/messages?limit=1000");
    expect(lines).to.deep.equal(rows);
    expect(seqs(await getLines(daemon, "/api/sessions/1/messages?cursor=449"))).to.deep.equal([450, 451]);
    expect(seqs((await getPage(daemon, "/api/sessions/1/messages")).rows)).to.have.length(100);
  });

  it("filters by seq, time and type", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    await client.request({ type: "ask" });
    await client.request({ type: "strat", message: 1 });
    const found = async (query: string) =>
      seqs((await getPage(daemon, `/api/sessions/1/messages?${query}`)).rows);
    expect(await found("from=2&to=3")).to.deep.equal([2, 3]);
    expect(await found("type=tell")).to.deep.equal([2]);
    expect(await found("type=tell&type=strat&from=3")).to.deep.equal([4]);
    expect(await found("type=tell,ask&type=strat")).to.deep.equal([2, 3, 4]);
    expect(await found("from=2020-01-01&to=2020-12-31")).to.deep.equal([]);
    expect(await found("from=2020-01-01T12:00:00Z")).to.deep.equal([1, 2, 3, 4]);
  });

  it("moves the cursor of a filtered poll past excluded messages", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    const { rows, cursor } = await getPage(daemon, "/api/sessions/1/messages?type=strat");
    expect({ rows, cursor }).to.deep.equal({ rows: [], cursor: 2 });
  });

  it("ends a page early if messages are large, and returns all of them", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    for (let n = 0; n < 5; n += 1) await client.request({ type: "ask", message: "x".repeat(600_000) });
    const found: unknown[] = [];
    const sizes: number[] = [];
    for (let cursor = 0, more = true; more;) {
      const page = await getPage(daemon, `/api/sessions/1/messages?cursor=${cursor}`);
      sizes.push(page.rows.length);
      found.push(...seqs(page.rows));
      ({ cursor, more } = page);
    }
    expect(found).to.deep.equal([1, 2, 3, 4, 5, 6]);
    expect(sizes).to.deep.equal([3, 2, 1]);
  });
});
