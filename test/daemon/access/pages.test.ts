import { expect } from "chai";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { get, httpUrl } from "../../support/client/http.js";
import { makeTokens } from "../../support/daemon/tokens.js";

describe("Access for pages", () => {
  it("is given to the daemon's own origin, and refused to others with the flag in the log", async () => {
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

  it("is given to allowed origins, which may also read, after a preflight too", async () => {
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

  it("is given to an origin that is spelt otherwise, as libraries do", async () => {
    const daemon = await startDaemon({ allowedOrigins: ["http://localhost"] });
    for (const origin of ["http://localhost/", "HTTP://LOCALHOST:80", `${httpUrl(daemon)}/`])
      expect(await shakeHands(daemon, { origin }), origin).to.include({ status: 101 });
  });

  it("is refused under a name that was made to point here, unless the name is allowed", async () => {
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

  it("forbids browsers to run anything in the answers", async () => {
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
});
