import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { expect } from "chai";
import { AccessControl, guardHttp } from "../../../src/access/index.js";
import { makeServer } from "../../../src/http/index.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { get } from "../../support/client/http.js";
import { makeTokens } from "../../support/daemon/tokens.js";
import { connectWith } from "../../support/client/plain.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };

describe("A daemon with tokens", () => {
  it("admits a token with the right scope, by header or subprotocol", async () => {
    const { tokenFile, read, write, both } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    for (const [token, path, status] of [
      [write, "/", 101],
      [both, "/", 101],
      [read, "/", 403],
      ["wrong", "/", 401],
      [undefined, "/", 401],
      [read, "/replay?session=last", 101],
      [both, "/replay?session=last", 101],
      [write, "/replay?session=last", 403],
      [undefined, "/replay?session=last", 401],
      [undefined, "/elsewhere", 401],
      [read, "/elsewhere", 404],
    ] as const) {
      const byHeader = await shakeHands(daemon, token ? { authorization: `Bearer ${token}` } : {}, path);
      const offered = token ? `telltale.v1, bearer.${token}` : "telltale.v1";
      const bySubprotocol = await shakeHands(daemon, { "sec-websocket-protocol": offered }, path);
      for (const answer of [byHeader, bySubprotocol]) {
        expect(answer, `${path} with ${token}`).to.include({ status });
        if (status !== 101) {
          expect(answer.json).to.have.all.keys("code", "message");
          expect(answer.headers["x-content-type-options"]).to.equal("nosniff");
          expect(answer.headers["content-type"]).to.include("application/json");
        }
      }
      expect(bySubprotocol.headers["sec-websocket-protocol"]).to.equal(
        status === 101 ? "telltale.v1" : undefined,
      );
      expect(byHeader.headers["www-authenticate"]).to.equal(status === 401 ? "Bearer" : undefined);
    }
  });

  it("stores the messages of a client that was let in", async () => {
    const { tokenFile, write } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    const socket = await connectWith(daemon, {}, ["telltale.v1", `bearer.${write}`]);
    expect(socket.protocol).to.equal("telltale.v1");
    socket.send(JSON.stringify(setup));
    const [reply] = (await once(socket, "message")) as [Buffer];
    expect(JSON.parse(reply.toString())).to.include({ ok: true });
    socket.terminate();
    await once(socket, "close");
  });

  it("guards every HTTP path, also paths without a route", async () => {
    const { tokenFile, read, write } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    const { json } = await get(daemon, "/api/openapi.json", { authorization: `Bearer ${read}` });
    const paths = Object.keys((json as { paths: object }).paths).map((path) => path.replace(/\{.*\}/, "1"));
    for (const path of [...paths, "/elsewhere", "/metrics"]) {
      expect(await get(daemon, path), path).to.include({ status: 401 });
      expect(await get(daemon, path, { authorization: `Bearer ${write}` }), path).to.include({
        status: 403,
      });
      expect(await get(daemon, path, {}, "POST"), path).to.include({ status: 401 });
      expect((await get(daemon, path, { authorization: `Bearer ${read}` })).status, path).not.to.be.oneOf([
        401, 403,
      ]);
    }
  });

  it("guards a route that does not mention access", async () => {
    const { tokenFile, read, write } = await makeTokens();
    const { options } = await startDaemon({ tokenFile });
    const access = await AccessControl.open("127.0.0.1", options, options.logger);
    const http = makeServer(
      () => undefined,
      (listener) => access.makeServer(listener),
    );
    guardHttp(http, access);
    void http.register((inner, _options, done) => {
      inner.get("/new", () => "new");
      inner.post("/new", () => "new");
      done();
    });
    const ask = async (method: "GET" | "POST", token: string) =>
      (
        await http.inject({
          method,
          url: "/new",
          headers: { host: "localhost", authorization: `Bearer ${token}` },
        })
      ).statusCode;
    expect([await ask("GET", read), await ask("GET", write), await ask("GET", "wrong")]).to.deep.equal([
      200, 403, 401,
    ]);
    expect([await ask("POST", read), await ask("POST", write), await ask("POST", "wrong")]).to.deep.equal([
      403, 200, 401,
    ]);
    await http.close();
  });

  it("shows everyone the status, and only readers the full health report", async () => {
    const { tokenFile, read, write } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    expect((await get(daemon, "/healthz")).json).to.deep.equal({ ok: true });
    for (const token of [write, "wrong"]) {
      const { json } = await get(daemon, "/healthz", { authorization: `Bearer ${token}` });
      expect(json).to.deep.equal({ ok: true });
    }
    const { json } = await get(daemon, "/healthz", { authorization: `Bearer ${read}` });
    expect(json).to.include.keys("ok", "database", "engine");
  });

  it("refuses a token in a URL, also a valid one", async () => {
    const { tokenFile, write } = await makeTokens();
    const daemon = await startDaemon({ tokenFile });
    const headers = { authorization: `Bearer ${write}` };
    expect((await shakeHands(daemon, headers, `/?token=${write}`)).json.code).to.equal("token_in_url");
    expect(await get(daemon, `/api/sessions?access_token=${write}`)).to.include({ status: 400 });
  });

  it("never logs a token, or repeats it in an answer", async () => {
    const { tokenFile, read, write, both } = await makeTokens();
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ tokenFile, logger });
    const wrong = "wrong-but-just-as-secret-0123456789";
    let answers = "";
    for (const token of [read, write, both, wrong]) {
      for (const path of ["/", `/?token=${token}`, "/replay?session=last", "/elsewhere"]) {
        for (const headers of [
          { authorization: `Bearer ${token}` },
          { "sec-websocket-protocol": `telltale.v1, bearer.${token}` },
        ] as Record<string, string>[]) {
          answers += JSON.stringify(await shakeHands(daemon, headers, path));
          const { text, headers: answered } = await get(daemon, path, headers);
          answers += text + JSON.stringify([...answered]);
        }
      }
    }
    expect(lines.length).to.be.above(8);
    const heard = answers.replaceAll(/GET \/\S+/g, "");
    for (const token of [read, write, both, wrong]) {
      expect(JSON.stringify(lines)).not.to.include(token);
      expect(heard).not.to.include(token);
    }
  });

  it("answers 429 to too many wrong tokens, and still admits right ones", async () => {
    const { tokenFile, write } = await makeTokens();
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ tokenFile, maximumFailedTokensPerMinute: 5, logger });
    const wrong = { authorization: "Bearer wrong" };
    for (let count = 0; count < 5; count += 1)
      expect(await shakeHands(daemon, wrong)).to.include({ status: 401 });
    const refused = await shakeHands(daemon, wrong);
    expect(refused).to.include({ status: 429 });
    expect(refused.json.code).to.equal("too_many_failed_tokens");
    expect(Number(refused.headers["retry-after"])).to.be.within(1, 60);
    expect(await get(daemon, "/api/sessions", wrong)).to.include({ status: 429 });
    expect(await shakeHands(daemon, {})).to.include({ status: 401 });
    expect(await shakeHands(daemon, { authorization: `Bearer ${write}` })).to.include({ status: 101 });
    for (let count = 0; count < 100; count += 1) await shakeHands(daemon, wrong);
    expect(lines.filter(({ msg }) => msg.startsWith("refused")).length).to.be.at.most(62);
  });

  it("warns of a token file that others can read", async function () {
    if (process.platform === "win32") this.skip();
    const { tokenFile } = await makeTokens();
    await chmod(tokenFile, 0o644);
    const { logger, lines } = collectLog();
    await startDaemon({ tokenFile, logger });
    expect(lines.some(({ level, msg }) => level === 40 && msg.includes("chmod 600"))).to.equal(true);
  });
});
