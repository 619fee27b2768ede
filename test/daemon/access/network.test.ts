import { expect } from "chai";
import { AccessError } from "../../../src/index.js";
import { Client } from "../../../harness/client.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { get } from "../../support/client/http.js";
import { rejection } from "../../support/checks/rejection.js";
import { makeTokens } from "../../support/daemon/tokens.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };

describe("The address that a daemon listens on", () => {
  for (const host of ["0.0.0.0", "::", "0", "192.0.2.1"]) {
    it(`needs a token or --insecure on ${host}`, async () => {
      const error = await rejection(startDaemon({ host }));
      expect(error).to.be.instanceOf(AccessError).with.property("code", "open_to_network");
      expect((error as Error).message)
        .to.include("--token-file")
        .and.include("--insecure");
    });
  }

  for (const host of ["127.0.0.1", "127.0.0.2", "::1", "localhost"]) {
    it(`needs neither a token nor --insecure on ${host}`, async function () {
      const daemon = await startDaemon({ host }).catch(() => undefined);
      // Not every machine has IPv6.
      if (daemon === undefined && host === "::1") this.skip();
      expect((await get(daemon!, "/healthz")).status).to.equal(200);
    });
  }

  it("is open with --insecure, with a warning", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ host: "0.0.0.0", isInsecure: true, logger });
    expect(lines.some(({ level, msg }) => level === 40 && msg.includes("--insecure"))).to.equal(true);
    const { port } = new URL(daemon.url);
    const client = await Client.connect(`ws://127.0.0.1:${port}`);
    expect(await client.request(setup)).to.include({ ok: true });
    expect(await shakeHands(daemon, { host: "192.168.1.20:8765" })).to.include({ status: 101 });
    expect((await shakeHands(daemon, { host: "evil.example" })).json.code).to.equal("host_not_allowed");
  });

  it("is open with tokens under any name, with a warning if they are not encrypted", async () => {
    const { logger, lines } = collectLog();
    const { tokenFile, write } = await makeTokens();
    const daemon = await startDaemon({ host: "0.0.0.0", tokenFile, logger });
    expect(lines.some(({ level, msg }) => level === 40 && msg.includes("unencrypted"))).to.equal(true);
    const headers = { host: "lab.example", authorization: `Bearer ${write}` };
    expect(await shakeHands(daemon, headers)).to.include({ status: 101 });
    expect(await shakeHands(daemon, { host: "lab.example" })).to.include({ status: 401 });
  });

  it("is every address of localhost", async function () {
    const daemon = await startDaemon({ host: "localhost" });
    const { port } = new URL(daemon.url);
    const client = await Client.connect(`ws://127.0.0.1:${port}`);
    expect(await client.request(setup)).to.include({ ok: true });
    expect((await fetch(`http://localhost:${port}/healthz`)).status).to.equal(200);
  });
});
