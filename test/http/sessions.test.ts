import { expect } from "chai";
import { describeOnEngines } from "../../harness/engines.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { aa1, aa2, bb3, beginSession, get, getLines, getPage, tellOf } from "../support/client/http.js";
import { execute } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

const ids = [aa1, aa2, bb3] as const;

describeOnEngines("GET /api/sessions", (engine) => {
  const start = async () => startDaemon({ db: await engine.makeReadyLocation() });

  it("lists the sessions with their counts and times", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    await client.request({ type: "ask" });
    const { rows, cursor, more } = await getPage(daemon, "/api/sessions");
    expect({ cursor, more }).to.deep.equal({ cursor: 1, more: false });
    expect(rows).to.have.length(1);
    expect(rows[0]).to.include({
      session_id: aa1,
      unique_id: 1,
      experiment_id: "e1",
      experiment_name: "contrast",
      participant_id: "p1",
      source: null,
      messages: 3,
      trials: 1,
      underivable: 0,
      rejected: 0,
      live: true,
    });
    expect(rows[0]?.["extra_metadata"]).to.deep.equal({ lab: "cellar" });
    for (const member of ["first_at", "last_at"]) {
      expect(rows[0]?.[member]).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,}Z$/);
    }
  });

  it("returns each once, in pages and as a stream, including those started meanwhile", async () => {
    const daemon = await start();
    await beginSession(daemon, aa1);
    await beginSession(daemon, aa2);
    const first = await getPage(daemon, "/api/sessions?limit=1");
    expect(first).to.include({ more: true });
    await beginSession(daemon, bb3);
    const second = await getPage(daemon, `/api/sessions?limit=2&cursor=${first.cursor}`);
    expect(second).to.include({ more: false });
    expect([...first.rows, ...second.rows].map(({ session_id }) => session_id)).to.deep.equal(ids);
    const third = await getPage(daemon, `/api/sessions?cursor=${second.cursor}`);
    expect(third).to.deep.equal({ rows: [], cursor: second.cursor, more: false });
    const lines = await getLines(daemon, "/api/sessions");
    expect(lines.map(({ session_id }) => session_id)).to.deep.equal(ids);
  });

  it("filters by experiment, participant, name and time", async () => {
    const daemon = await start();
    await beginSession(daemon, aa1, { experiment: "other" });
    await beginSession(daemon, aa2, { participant: "p 2" });
    await beginSession(daemon, bb3, { name: "colour" });
    const found = async (query: string) =>
      (await getPage(daemon, `/api/sessions?${query}`)).rows.map(({ session_id }) => session_id);
    expect(await found("experiment=other")).to.deep.equal([aa1]);
    expect(await found("participant=p%202")).to.deep.equal([aa2]);
    expect(await found("name=colour&experiment=e1")).to.deep.equal([bb3]);
    expect(await found("name=colour&experiment=other")).to.deep.equal([]);
    expect(await found("experiment=contrast")).to.deep.equal([aa1, aa2]);
    expect(await found("experiment=name:colour")).to.deep.equal([bb3]);
    expect(await found("from=2026-01-01")).to.deep.equal(ids);
    expect(await found("to=2026-01-01")).to.deep.equal([]);
  });

  it("returns a session with its config and metadata, by each of its names", async () => {
    const daemon = await start();
    await beginSession(daemon, aa1);
    await beginSession(daemon, bb3);
    for (const name of [bb3, bb3.toUpperCase(), "b", "2", "last"]) {
      const { json } = await get(daemon, `/api/sessions/${name}`);
      expect(json).to.deep.include({
        session_id: bb3,
        extra_metadata: { lab: "cellar" },
        config: { common: { parnames: "[x]" } },
      });
    }
  });

  it("says how many tells gave no trial and how many messages were rejected, and why", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request(tellOf(1));
    for (const outcome of [[], {}])
      await client.request({ type: "tell", message: { config: { x: 1 }, outcome } });
    await client.request({ type: "tell", message: "none" });
    client.sendFrame('{"type": "tell"');
    await client.reply();
    const counts = { trials: 1, underivable: 3, rejected: 1 };
    expect((await getPage(daemon, "/api/sessions")).rows[0]).to.include(counts);
    const session = (await get(daemon, "/api/sessions/1")).json as {
      underivable_reasons: object[];
      rejected_reasons: object[];
    };
    expect(session).to.include(counts);
    expect(session.underivable_reasons).to.have.length(2);
    expect(session.underivable_reasons[0]).to.deep.equal({
      reason: "The `outcome` is empty; send null if there was no response.",
      tells: 2,
      first_seq: 3,
    });
    expect(session.rejected_reasons).to.have.length(1);
    expect(session.rejected_reasons[0]).to.include({ messages: 1 }).and.to.have.property("code");
  });

  it("reports a session as live while a client is connected, even if its last message is old", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await execute(daemon.options.db, "update replay_data set timestamp = '2020-01-01T00:00:00.000Z'");
    const isLive = async () => ((await get(daemon, "/api/sessions/1")).json as { live: boolean }).live;
    expect(await isLive()).to.equal(true);
    await client.close();
    await until(async () => !(await isLive()));
    expect((await getPage(daemon, "/api/sessions")).rows[0]).to.include({ live: false });
  });

  it("does not report a session as live after its exit", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    await client.request({ type: "exit" });
    expect((await get(daemon, "/api/sessions/1")).json).to.include({ live: false });
  });

  it("answers 304 until something changes", async () => {
    const daemon = await start();
    const client = await beginSession(daemon, aa1);
    for (const path of ["/api/sessions", "/api/sessions/1", "/api/sessions/1/messages"]) {
      const etag = (await get(daemon, path)).headers.get("etag") ?? "";
      const known = await get(daemon, path, { "if-none-match": `"another", W/${etag}` });
      expect(known).to.include({ status: 304, text: "" });
      expect(known.headers.get("etag")).to.equal(etag);
      await client.request({ type: "ask" });
      const changed = await get(daemon, path, { "if-none-match": etag });
      expect(changed.status).to.equal(200);
      expect(changed.headers.get("etag")).to.not.equal(etag);
    }
  });
});
