import { once } from "node:events";
import { connect as connectSecurely } from "node:tls";
import { expect } from "chai";
import { WebSocket } from "ws";
import { hasFaketime, hasOpenssl, makeCertificate } from "../../support/daemon/certificate.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";
import { shakeHands } from "../../support/client/handshake.js";
import { httpUrl } from "../../support/client/http.js";
import { until } from "../../support/checks/until.js";
import { connectTo, connectWith, readAll } from "../../support/client/plain.js";

const setup = { type: "setup", message: { config_str: "[common]\n" } };
const tell = { type: "tell", message: { config: { x: [1] }, outcome: 1 } };

describe("A daemon with TLS", () => {
  before(function () {
    if (!hasOpenssl) this.skip();
  });

  it("accepts wss and https, keeps clients that answer pings, and refuses connections without TLS", async () => {
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

  it("limits the time for the TLS handshake, and counts connections that have not finished it", async () => {
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

  it("warns of an expired certificate", async function () {
    if (!hasFaketime) this.skip();
    const { logger, lines } = collectLog();
    const files = await makeCertificate(true);
    await startDaemon({ ...files, logger });
    expect(lines.some(({ level, msg }) => level === 40 && msg.includes("has expired"))).to.equal(true);
  });
});
