import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, aa2, beginSession, get, getPage } from "../support/client/http.js";
import { execute } from "../../harness/rows.js";

/** What is asked of a daemon with two sessions whose ids begin alike, and how it is answered. */
const refused: readonly (readonly [path: string, status: number, code: string])[] = [
  ["/api", 404, "not_found"],
  ["/api/session", 404, "not_found"],
  ["/elsewhere", 404, "not_found"],
  ["/api/%ZZ", 400, "bad_request"],
  ["/api/sessions/unknown", 404, "unknown_session"],
  ["/api/sessions/99", 404, "unknown_session"],
  ["/api/sessions/99999999999999999999", 404, "unknown_session"],
  [`/api/sessions/${"x".repeat(400)}`, 404, "unknown_session"],
  ["/api/sessions/%00", 404, "unknown_session"],
  ["/api/sessions/%25", 404, "unknown_session"],
  ["/api/sessions/..%2f..%2fetc", 404, "unknown_session"],
  ["/api/sessions/aa", 409, "ambiguous_session"],
  ["/api/sessions/AA/messages", 409, "ambiguous_session"],
  ["/api/sessions/unknown/trials?format=ndjson", 404, "unknown_session"],
  ["/api/sessions/unknown/strats", 404, "unknown_session"],
  ["/api/sessions/unknown/rejected", 404, "unknown_session"],
  ["/api/sessions/1/strats/0", 404, "unknown_strat"],
  ["/api/sessions/1/strats/first", 400, "bad_argument"],
  ["/api/sessions/1/strats/0.5", 400, "bad_argument"],
  ["/api/sessions/1/strats/1e300", 400, "bad_argument"],
  ["/api/sessions?limit=-1", 400, "bad_argument"],
  ["/api/sessions?limit=0", 400, "bad_argument"],
  ["/api/sessions?limit=1001", 400, "bad_argument"],
  ["/api/sessions?limit=ten", 400, "bad_argument"],
  ["/api/sessions?limit=1&limit=2", 400, "bad_argument"],
  ["/api/sessions?cursor=rubbish", 400, "bad_argument"],
  ["/api/sessions?cursor=-1", 400, "bad_argument"],
  ["/api/sessions?cursor=99999999999", 400, "bad_argument"],
  ["/api/sessions?from=yesterday", 400, "bad_argument"],
  ["/api/sessions?to=2026-13-01", 400, "bad_argument"],
  ["/api/sessions?format=xml", 400, "bad_argument"],
  ["/api/sessions?participent=p1", 400, "bad_argument"],
  ["/api/sessions/1?format=json", 400, "bad_argument"],
  ["/api/sessions/1/messages?from=-1", 400, "bad_argument"],
  ["/api/sessions/1/messages?type=%00", 400, "bad_argument"],
  ["/api/sessions/1/messages?type=ask,", 400, "bad_argument"],
  ["/api/sessions/1/messages?type=Ask", 400, "bad_argument"],
  ["/api/sessions/1/messages?from=soon&format=ndjson", 400, "bad_argument"],
  ["/api/sessions/1/trials?cursor=0x", 400, "bad_argument"],
];

describeOnEngines("The HTTP API", (engine) => {
  it("answers invalid requests with a code and one sentence, and continues", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ db: await engine.makeReadyLocation(), logger });
    await beginSession(daemon, aa1);
    await beginSession(daemon, aa2);
    for (const [path, status, code] of refused) {
      const answer = await get(daemon, path);
      expect(answer, path).to.include({ status });
      expect(answer.json, path).to.have.all.keys("code", "message").and.include({ code });
      expect((answer.json as { message: string }).message, path)
        .to.match(/^[^\n]+\.$/)
        .and.not.match(/\.[jt]s:/);
      expect(answer.headers.get("x-content-type-options"), path).to.equal("nosniff");
      expect(answer.headers.get("etag"), path).to.equal(null);
    }
    expect((await getPage(daemon, "/api/sessions")).rows).to.have.length(2);
    expect(lines.filter(({ level }) => level >= 40)).to.deep.equal([]);
  });

  it("finds nothing for impossible names", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    await beginSession(daemon, aa1);
    for (const query of ["participant=%00", "name=%EF%BF%BD", "experiment=%25", "participant="]) {
      expect((await getPage(daemon, `/api/sessions?${query}`)).rows, query).to.deep.equal([]);
    }
    expect((await getPage(daemon, "/api/sessions/1/messages?from=99999999999")).rows).to.deep.equal([]);
  });

  it("answers an empty database with empty lists, and reports that it has no last session", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    for (const path of ["/api/sessions", "/api/rejected"]) {
      expect(await getPage(daemon, path)).to.deep.equal({ rows: [], cursor: 0, more: false });
    }
    expect((await get(daemon, "/api/sessions/last")).json).to.include({ code: "unknown_session" });
  });

  it("refuses other methods", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    for (const method of ["POST", "PUT", "DELETE"]) {
      expect(await get(daemon, "/api/sessions", {}, method)).to.include({ status: 404 });
    }
  });

  it("answers 503 with Retry-After while the database cannot be read, and continues afterwards", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    await beginSession(daemon, aa1);
    await execute(daemon.options.db, "alter table replay_data rename to elsewhere");
    for (const path of [
      "/api/sessions",
      "/api/sessions/1/messages",
      "/api/sessions/1/messages?format=ndjson",
    ]) {
      const answer = await get(daemon, path);
      expect(answer, path).to.include({ status: 503 });
      expect(answer.json, path).to.include({ code: "unavailable" });
      expect(answer.headers.get("retry-after"), path).to.equal("1");
    }
    await execute(daemon.options.db, "alter table elsewhere rename to replay_data");
    expect((await get(daemon, "/api/sessions/1/messages")).status).to.equal(200);
  });

  it("does not allow other origins to read", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const { headers } = await get(daemon, "/api/sessions", { origin: "http://example.org" });
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).to.deep.equal([]);
  });

  it("keeps every session that is started meanwhile", async () => {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const client = await Client.connect(daemon.url);
    const [reply] = await Promise.all([
      client.request({ type: "setup", message: { config_str: "[common]\n" } }),
      ...refused.map(([path]) => get(daemon, path)),
    ]);
    expect(reply).to.include({ ok: true });
  });
});
