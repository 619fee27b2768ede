import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { type Socket, connect } from "node:net";
import { connect as connectSecurely } from "node:tls";
import { expect } from "chai";
import { WebSocket } from "ws";
import { AccessControl, guardHttp } from "../../src/access/index.js";
import { makeServer } from "../../src/http/index.js";
import { Daemon, AccessError } from "../../src/index.js";
import { hasFaketime, hasOpenssl, makeCertificate } from "../support/daemon/certificate.js";
import { Client } from "../support/client/client.js";
import { collectLog, startDaemon } from "../support/daemon/daemon.js";
import { shakeHands } from "../support/client/handshake.js";
import { get, httpUrl } from "../support/client/http.js";
import { rejection } from "../support/checks/rejection.js";
import { lockWriters, readRows } from "../../harness/rows.js";
import { makeTokens } from "../support/daemon/tokens.js";
import { until } from "../support/checks/until.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

/** A plain connection to a daemon that has sent nothing yet. */
async function connectTo(daemon: Daemon): Promise<Socket> {
  const stream = connect(Number(new URL(daemon.url).port), "127.0.0.1");
  stream.on("error", () => undefined);
  await once(stream, "connect");
  return stream;
}

/** All that a daemon sends until it closes. */
async function readAll(stream: Socket): Promise<string> {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, "close");
  return text;
}

/** A client whose handshake has these headers. */
async function connectWith(
  daemon: Daemon,
  options: WebSocket.ClientOptions,
  protocols: string[] = [],
  path = "",
): Promise<WebSocket> {
  const socket = new WebSocket(daemon.url + path, protocols, options);
  socket.on("error", () => undefined);
  await once(socket, "open");
  return socket;
}

describe("The door", () => {
  describe("to other machines", () => {
    for (const host of ["0.0.0.0", "::", "0", "192.0.2.1"]) {
      it(`stays closed on ${host} without a token or leave`, async () => {
        const error = await rejection(startDaemon({ host }));
        expect(error).to.be.instanceOf(AccessError).with.property("code", "open_to_network");
        expect((error as Error).message)
          .to.include("--token-file")
          .and.include("--insecure");
      });
    }

    for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) {
      it(`needs neither on ${host}`, async function () {
        const daemon = await startDaemon({ host }).catch(() => undefined);
        // Not every machine has IPv6.
        if (daemon === undefined && host === "::1") this.skip();
        expect((await get(daemon!, "/healthz")).status).to.equal(200);
      });
    }

    it("opens with leave, and warns", async () => {
      const { logger, lines } = collectLog();
      const daemon = await startDaemon({ host: "0.0.0.0", isInsecure: true, logger });
      expect(lines.some(({ level, msg }) => level === 40 && msg.includes("--insecure"))).to.equal(true);
      const { port } = new URL(daemon.url);
      const client = await Client.connect(`ws://127.0.0.1:${port}`);
      expect(await client.request(setup)).to.include({ ok: true });
      expect(await shakeHands(daemon, { host: "192.168.1.20:8765" })).to.include({ status: 101 });
      expect((await shakeHands(daemon, { host: "evil.example" })).json.code).to.equal("host_not_allowed");
    });

    it("opens with tokens by any name, and warns where these are not encrypted", async () => {
      const { logger, lines } = collectLog();
      const { tokenFile, write } = await makeTokens();
      const daemon = await startDaemon({ host: "0.0.0.0", tokenFile, logger });
      expect(lines.some(({ level, msg }) => level === 40 && msg.includes("unencrypted"))).to.equal(true);
      const headers = { host: "lab.example", authorization: `Bearer ${write}` };
      expect(await shakeHands(daemon, headers)).to.include({ status: 101 });
      expect(await shakeHands(daemon, { host: "lab.example" })).to.include({ status: 401 });
    });
  });

  it("listens on all addresses of localhost", async function () {
    const daemon = await startDaemon({ host: "localhost" });
    const { port } = new URL(daemon.url);
    const client = await Client.connect(`ws://127.0.0.1:${port}`);
    expect(await client.request(setup)).to.include({ ok: true });
    expect((await fetch(`http://localhost:${port}/healthz`)).status).to.equal(200);
  });

  describe("with tokens", () => {
    it("lets in whoever brings one with the right scope, by header or subprotocol", async () => {
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

    it("stores what is sent by a client that was let in", async () => {
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

    it("guards every path of HTTP, also those that there are none for", async () => {
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

    it("guards a route that says nothing of it", async () => {
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

    it("tells everybody whether it is well, and readers how it is", async () => {
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

    it("refuses a token in a URL, also a right one", async () => {
      const { tokenFile, write } = await makeTokens();
      const daemon = await startDaemon({ tokenFile });
      const headers = { authorization: `Bearer ${write}` };
      expect((await shakeHands(daemon, headers, `/?token=${write}`)).json.code).to.equal("token_in_url");
      expect(await get(daemon, `/api/sessions?access_token=${write}`)).to.include({ status: 400 });
    });

    it("never logs one, or answers with it", async () => {
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

    it("answers 429 to more wrong tokens than may be, and still lets right ones in", async () => {
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
  });

  describe("to pages", () => {
    it("lets in those of its own origin, refuses others, and says in the log which flag lets them in", async () => {
      const { logger, lines } = collectLog();
      const daemon = await startDaemon({ logger });
      expect(await shakeHands(daemon, { origin: httpUrl(daemon) })).to.include({ status: 101 });
      for (const origin of ["null", "http://evil.example"]) {
        const { status, json } = await shakeHands(daemon, { origin });
        expect(status).to.equal(403);
        expect(json.code).to.equal("origin_not_allowed");
        expect(await get(daemon, "/api/sessions", { origin })).to.include({ status: 403 });
        expect(lines.some(({ msg }) => msg.includes(`--allow-origin ${origin}`))).to.equal(true);
      }
    });

    it("lets allowed ones in, and read, also after a preflight", async () => {
      const { tokenFile, read } = await makeTokens();
      const daemon = await startDaemon({ tokenFile, allowedOrigins: ["null", "https://lab.example"] });
      for (const origin of ["null", "https://lab.example"]) {
        const preflight = await get(
          daemon,
          "/api/sessions",
          {
            origin,
            "access-control-request-method": "GET",
            "access-control-request-headers": "authorization",
          },
          "OPTIONS",
        );
        expect(preflight).to.include({ status: 204, text: "" });
        expect(preflight.headers.get("access-control-allow-origin")).to.equal(origin);
        expect(preflight.headers.get("access-control-allow-headers")).to.include("authorization");
        const { status, headers } = await get(daemon, "/api/sessions", {
          origin,
          authorization: `Bearer ${read}`,
        });
        expect(status).to.equal(200);
        expect(headers.get("access-control-allow-origin")).to.equal(origin);
        expect(headers.get("vary")).to.equal("accept, origin");
        expect(headers.get("access-control-allow-credentials")).to.equal(null);
        // A page must be able to read why it was refused.
        const refused = await get(daemon, "/api/sessions", { origin });
        expect(refused.status).to.equal(401);
        expect(refused.headers.get("access-control-allow-origin")).to.equal(origin);
      }
      const other = { origin: "https://evil.example", "access-control-request-method": "GET" };
      const refused = await get(daemon, "/api/sessions", other, "OPTIONS");
      expect(refused.status).to.equal(403);
      expect(refused.headers.get("access-control-allow-origin")).to.equal(null);
    });

    it("refuses a name that a page made point here, unless it is allowed", async () => {
      const { logger, lines } = collectLog();
      const daemon = await startDaemon({ logger, allowedHosts: ["lab.example"] });
      const { port } = new URL(daemon.url);
      const rebound = { host: `evil.example:${port}`, origin: `http://evil.example:${port}` };
      expect((await shakeHands(daemon, rebound)).json.code).to.equal("host_not_allowed");
      expect(lines.some(({ msg }) => msg.includes("--allow-host evil.example"))).to.equal(true);
      const proxied = { host: "lab.example", origin: "https://lab.example" };
      expect(await shakeHands(daemon, proxied)).to.include({ status: 101 });
      for (const host of ["localhost", "127.0.0.1:9000", "[::1]:1"])
        expect(await shakeHands(daemon, { host }), host).to.include({ status: 101 });
    });
  });

  describe("counts connections", () => {
    it("and refuses one too many of an address, until another leaves", async () => {
      const daemon = await startDaemon({ maximumConnectionsOfAddress: 2 });
      const [first] = await Promise.all([Client.connect(daemon.url), Client.connect(daemon.url)]);
      const refused = await shakeHands(daemon);
      expect(refused).to.include({ status: 429 });
      expect(refused.json.code).to.equal("too_many_connections_of_address");
      expect(await get(daemon, "/api/sessions")).to.include({ status: 429 });
      await first.close();
      await until(async () => (await shakeHands(daemon)).status === 101);
    });

    it("and refuses one too many in all, replays among them, and keeps those that it has", async () => {
      const daemon = await startDaemon({ maximumConnections: 2 });
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      const replay = await connectWith(daemon, {}, [], "/replay?session=last");
      const refused = await shakeHands(daemon);
      expect(refused).to.include({ status: 503 });
      expect(refused.json.code).to.equal("too_many_connections");
      expect(refused.headers["retry-after"]).to.match(/^\d+$/);
      expect(await client.request(tell)).to.include({ ok: true });
      replay.terminate();
      await once(replay, "close");
      await until(async () => (await shakeHands(daemon)).status === 101);
    });

    it("and lets a hundred participants behind one address work by default", async () => {
      const daemon = await startDaemon();
      const clients = await Promise.all(Array.from({ length: 100 }, () => Client.connect(daemon.url)));
      const replies = await Promise.all(clients.map((client) => client.request(setup)));
      expect(replies.filter(({ ok }) => ok)).to.have.length(100);
    });

    it("and drops those that only come to be refused, when they too are many", async () => {
      const daemon = await startDaemon({ maximumConnections: 3 });
      const flood = await Promise.all(Array.from({ length: 40 }, () => connectTo(daemon)));
      await until(() => flood.filter(({ closed }) => closed).length >= 34);
      expect(flood.filter(({ closed }) => !closed).length).to.be.at.most(6);
      for (const stream of flood) stream.destroy();
      await until(async () => (await shakeHands(daemon).catch(() => ({ status: 0 }))).status === 101);
    });
  });

  describe("waits for a request", () => {
    for (const [what, sent] of [
      ["nothing", ""],
      ["half a request line", "GET /api"],
      ["headers without end", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "],
      [
        "half a handshake",
        "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
      ],
      ["a body without end", "POST /api HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"],
    ] as const) {
      it(`no longer than it may, of a client that sends ${what}, drop by drop`, async () => {
        const daemon = await startDaemon({ handshakeTimeoutMs: 200 });
        const stream = await connectTo(daemon);
        if (sent !== "") stream.write(sent);
        const dripping = setInterval(() => sent !== "" && stream.write("x"), 20);
        const text = await readAll(stream);
        clearInterval(dripping);
        if (text !== "") expect(text).to.match(/^HTTP\/1\.1 (408|404) [^]*nosniff/);
      });
    }

    it("and keeps a client that was let in and is silent", async () => {
      const daemon = await startDaemon({ handshakeTimeoutMs: 100 });
      const client = await Client.connect(daemon.url);
      const later = Date.now() + 1500;
      await until(() => Date.now() > later);
      expect(await client.request(setup)).to.include({ ok: true });
    });

    it("and answers in JSON what is no HTTP", async () => {
      const daemon = await startDaemon();
      const stream = await connectTo(daemon);
      stream.write("\x16\x03\x01 hello\r\n\r\n");
      const text = await readAll(stream);
      expect(text)
        .to.match(/^HTTP\/1\.1 400 /)
        .and.include('{"code":"bad_request"')
        .and.include("nosniff");
      expect(text).not.to.match(/\.js|at /);
    });

    it("and does not keep one that was refused and stays", async () => {
      const daemon = await startDaemon();
      const stream = await connectTo(daemon);
      stream.write(
        "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      );
      expect(await readAll(stream)).to.include('"not_found"');
    });
  });

  describe("bounds what a connection may do", () => {
    it("reads no more while as many messages wait as may, and answers all of them in order", async () => {
      const daemon = await startDaemon({
        maximumMessagesInFlight: 10,
        maximumBytesInFlight: 1e9,
        pingEveryMs: 50,
        busyTimeoutMs: 20_000,
      });
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      const unlock = await lockWriters(daemon.options.db);
      const filler = "x".repeat(10_000);
      for (let trial = 0; trial < 2000; trial += 1)
        client.send({ type: "note", id: `n${trial}`, message: filler });
      // Many times the two pings after which a silent client would be dropped.
      const pings = Date.now() + 500;
      await until(() => Date.now() > pings);
      // Of 20 MB the system's buffers have taken some, and the daemon the rest if it read on.
      expect(client.socket.bufferedAmount).to.be.above(1e6);
      await unlock();
      for (let trial = 0; trial < 2000; trial += 1)
        expect(await client.reply()).to.include({ ok: true, id: `n${trial}`, seq: trial + 2 });
    });

    it("counts bytes as well, and takes a message that is larger than all", async () => {
      const daemon = await startDaemon({ maximumBytesInFlight: 1024 });
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      for (let count = 0; count < 5; count += 1)
        client.send({ type: "note", message: "x".repeat(1_000_000) });
      for (let count = 0; count < 5; count += 1) expect(await client.reply()).to.include({ ok: true });
    });

    it("slows a connection whose messages are rejected too often, and no other, and loses nothing", async () => {
      const daemon = await startDaemon({ maximumRejectedPerMinute: 600, pingEveryMs: 100 });
      const [noisy, quiet] = [await Client.connect(daemon.url), await Client.connect(daemon.url)];
      await Promise.all([noisy.request(setup), quiet.request(setup)]);
      for (let count = 0; count < 610; count += 1) noisy.sendFrame("{");
      for (let count = 0; count < 610; count += 1)
        expect(await noisy.reply()).to.include({ ok: false, code: "malformed" });
      const from = performance.now();
      noisy.send({ ...tell, id: "late" });
      expect(await quiet.request(tell)).to.include({ ok: true });
      const quietMs = performance.now() - from;
      expect(await noisy.reply()).to.include({ ok: true, id: "late" });
      // Ten too many at 600 a minute are a second, less what the answers took.
      expect(performance.now() - from).to.be.above(quietMs);
      const rows = await readRows(daemon.options.db, "select count(*) as n from rejected_data");
      expect(rows).to.deep.equal([{ n: 610 }]);
    });

    for (const [limit, options, first, more] of [
      [
        "waits",
        { maximumMessagesInFlight: 2 },
        JSON.stringify({ ...setup, id: "again" }),
        JSON.stringify(tell),
      ],
      ["is rejected", { maximumRejectedPerMinute: 2 }, "{", "{"],
    ] as const) {
      it(`closes with 1013, and not long after, when too much ${limit} and the database fails`, async () => {
        const daemon = await startDaemon({ ...options, busyTimeoutMs: 200 });
        const client = await Client.connect(daemon.url);
        await client.request(setup);
        const unlock = await lockWriters(daemon.options.db);
        for (const frame of [first, ...Array.from({ length: 20 }, () => more)]) client.sendFrame(frame);
        expect(await client.reply()).to.include({ ok: false, code: "unavailable" });
        // After 30 s the WebSocket would be dropped.
        expect(await client.closed()).to.equal(1013);
        await unlock();
      }).timeout(10_000);
    }

    it("closes with 1008 on a message in too many parts, and notes it", async () => {
      const daemon = await startDaemon();
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      for (let part = 0; part < 5000; part += 1) client.socket.send("x", { fin: false });
      expect(await client.closed()).to.equal(1008);
      await until(async () => {
        const [row] = await readRows(daemon.options.db, "select reason from rejected_data");
        return String(row?.["reason"]).includes("too many parts");
      });
      const replay = await connectWith(daemon, {}, [], "/replay?session=last");
      for (let part = 0; part < 5000; part += 1) replay.send("x", { fin: false });
      expect(await once(replay, "close")).to.have.property("0", 1008);
    });

    it("drops a client that sends pings or pongs without end, and keeps one that is alive by them", async () => {
      const daemon = await startDaemon();
      const client = await Client.connect(daemon.url);
      await client.request(setup);
      for (let count = 0; count < 100; count += 1) client.socket.pong();
      expect(await client.request(tell)).to.include({ ok: true });
      for (const path of ["/", "/replay?session=last"]) {
        for (const what of ["ping", "pong"] as const) {
          const socket = await connectWith(daemon, {}, [], path);
          const closed = once(socket, "close");
          for (let count = 0; count < 2000; count += 1) socket[what]();
          expect(await closed, `${what} at ${path}`).to.have.property("0", 1006);
        }
      }
      expect(await client.request(tell)).to.include({ ok: true });
    });

    it("agrees to no compression", async () => {
      const daemon = await startDaemon();
      const answer = await shakeHands(daemon, { "sec-websocket-extensions": "permessage-deflate" });
      expect(answer.headers).not.to.have.property("sec-websocket-extensions");
    });

    it("answers a handshake that is none in JSON", async () => {
      const daemon = await startDaemon();
      for (const headers of [
        { "sec-websocket-version": "7" },
        { "sec-websocket-key": "short" },
        { upgrade: "h2c" },
        { "sec-websocket-protocol": "a,,b" },
      ] as Record<string, string>[]) {
        const { status, json } = await shakeHands(daemon, headers);
        expect(status).to.equal(400);
        expect(json.code).to.equal("bad_request");
      }
    });
  });

  it("tells browsers to run nothing of what it answers", async () => {
    const daemon = await startDaemon();
    for (const path of [
      "/",
      "/healthz",
      "/api/sessions",
      "/elsewhere",
      "/api/%ZZ",
      "/api/sessions?limit=x",
    ]) {
      const { headers, text } = await get(daemon, path);
      expect(headers.get("x-content-type-options"), path).to.equal("nosniff");
      expect(headers.get("content-security-policy"), path).to.equal(
        "default-src 'none'; frame-ancestors 'none'",
      );
      expect(text, path).not.to.match(/\bat \S+:\d+/);
    }
  });

  describe("with TLS", () => {
    before(function () {
      if (!hasOpenssl) this.skip();
    });

    it("takes wss and https, drops nobody who answers its pings, and nothing without TLS", async () => {
      const { ca, ...files } = await makeCertificate();
      const daemon = await startDaemon({ ...files, pingEveryMs: 50 });
      expect(daemon.url).to.match(/^wss:/);
      const socket = await connectWith(daemon, { ca });
      const replies: string[] = [];
      socket.on("message", (data: Buffer) => replies.push(data.toString()));
      socket.send(JSON.stringify(setup));
      await until(() => replies.length === 1);
      const pings = Date.now() + 400;
      await until(() => Date.now() > pings);
      for (let count = 0; count < 200; count += 1) socket.send(JSON.stringify(tell));
      await until(() => replies.length === 201);
      expect(replies.filter((text) => text.includes('"ok":true'))).to.have.length(201);
      expect((await shakeHands(daemon, { origin: httpUrl(daemon) }, "/", ca)).status).to.equal(101);
      expect((await shakeHands(daemon, { origin: "http://evil.example" }, "/", ca)).status).to.equal(403);
      const plain = new WebSocket(daemon.url.replace("wss", "ws"));
      await once(plain, "error");
      socket.terminate();
      await once(socket, "close");
    });

    it("drops a client that is silent for two pings", async () => {
      const { ca, ...files } = await makeCertificate();
      const daemon = await startDaemon({ ...files, pingEveryMs: 50 });
      const socket = await connectWith(daemon, { ca, autoPong: false });
      expect(await once(socket, "close")).to.have.property("0", 1006);
    });

    it("waits for TLS no longer than it may, and counts those who have not made it", async () => {
      const { ca, ...files } = await makeCertificate();
      const daemon = await startDaemon({ ...files, handshakeTimeoutMs: 200, maximumConnectionsOfAddress: 1 });
      const stream = await connectTo(daemon);
      expect((await shakeHands(daemon, {}, "/", ca)).json.code).to.equal("too_many_connections_of_address");
      stream.write(Buffer.from([0x16, 0x03, 0x01]));
      await readAll(stream);
      await until(async () => (await shakeHands(daemon, {}, "/", ca)).status === 101);
      const made = connectSecurely({ port: Number(new URL(daemon.url).port), host: "127.0.0.1", ca });
      made.on("error", () => undefined);
      await once(made, "secureConnect");
      made.write("GET / HTTP/1.1\r\nX: ");
      await readAll(made);
    });

    it("warns of a certificate that has expired", async function () {
      if (!hasFaketime) this.skip();
      const { logger, lines } = collectLog();
      const files = await makeCertificate(true);
      await startDaemon({ ...files, logger });
      expect(lines.some(({ level, msg }) => level === 40 && msg.includes("has expired"))).to.equal(true);
    });
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
