import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { startDaemon } from "../../support/daemon/daemon.js";
import { until } from "../../support/checks/until.js";
import { connectTo, readAll } from "../../support/client/plain.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };

describe("The time limit of requests", () => {
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
    it(`ends the connection of a client that sends ${what}, drop by drop`, async () => {
      const daemon = await startDaemon({ handshakeTimeoutMs: 200 });
      const stream = await connectTo(daemon);
      if (sent !== "") stream.write(sent);
      const dripping = setInterval(() => sent !== "" && stream.write("x"), 20);
      const text = await readAll(stream);
      clearInterval(dripping);
      if (text !== "") expect(text).to.match(/^HTTP\/1\.1 (408|404) [^]*nosniff/);
    });
  }

  it("does not end for a silent client that was let in", async () => {
    const daemon = await startDaemon({ handshakeTimeoutMs: 100 });
    const client = await Client.connect(daemon.url);
    const later = Date.now() + 1500;
    await until(() => Date.now() > later);
    expect(await client.request(setup)).to.include({ ok: true });
  });

  it("leaves an answer in JSON for bytes that are not HTTP", async () => {
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

  it("ends the connection of a refused client that stays", async () => {
    const daemon = await startDaemon();
    const stream = await connectTo(daemon);
    stream.write(
      "GET /elsewhere HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    expect(await readAll(stream)).to.include('"not_found"');
  });
});
