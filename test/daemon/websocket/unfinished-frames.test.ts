import { once } from "node:events";
import type { Socket } from "node:net";
import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import type { Daemon } from "../../../src/index.js";
import { UnfinishedFrames } from "../../../src/daemon/websocket/unfinished-frames.js";
import { setup } from "../../support/client/contrast.js";
import { connectTo } from "../../support/client/plain.js";
import { until } from "../../support/checks/until.js";
import { collectLog, startDaemon } from "../../support/daemon/daemon.js";

describe("UnfinishedFrames", () => {
  it("ends the connection with the largest frame when the sum passes the bound", () => {
    const ended: string[] = [];
    const frames = new UnfinishedFrames<string>(10_000, (name) => ended.push(name));
    frames.add("a", 3000);
    frames.add("b", 4000);
    frames.add("a", 2000);
    expect(ended).to.deep.equal([]);
    frames.add("c", 2000);
    expect(ended).to.deep.equal(["a"]);
    expect(frames.sum).to.be.within(6000, 6500);
  });

  it("counts what has become a message no more", () => {
    const ended: string[] = [];
    const frames = new UnfinishedFrames<string>(10_000, (name) => ended.push(name));
    for (let count = 0; count < 10; count += 1) {
      frames.add("a", 8000);
      frames.finish("a");
    }
    expect(frames.sum).to.equal(0);
    expect(ended).to.deep.equal([]);
  });

  it("counts small pieces with the memory that each takes", () => {
    const ended: string[] = [];
    const frames = new UnfinishedFrames<string>(10_000, (name) => ended.push(name));
    for (let count = 0; count < 100; count += 1) frames.add("a", 1);
    expect(ended).to.deep.equal(["a"]);
  });

  it("closes the client whose unfinished message is the largest with 1013, and serves the others", async () => {
    const { logger, lines } = collectLog();
    const daemon = await startDaemon({ logger, maximumUnfinishedBytes: 300_000 });
    const quiet = await Client.connect(daemon.url);
    await quiet.request(setup());
    const streams = await Promise.all([250_000, 100_000].map((bytes) => sendUnfinished(daemon, bytes)));
    const [large] = streams;
    const chunks: Buffer[] = [];
    large?.on("data", (chunk: Buffer) => chunks.push(chunk));
    await once(large!, "close");
    // A close frame with the code 1013.
    expect(Buffer.concat(chunks).includes(Buffer.from([0x03, 0xf5]))).to.equal(true);
    await until(() => lines.some(({ msg }) => msg.startsWith("connection ended: the unfinished messages")));
    expect(await quiet.request({ type: "note", message: "x".repeat(50_000) })).to.have.property("ok", true);
    expect(streams[1]?.destroyed).to.equal(false);
    streams[1]?.destroy();
    await quiet.close();
  });
});

/** Connects, and sends the first bytes of a text frame of 1 MB. */
async function sendUnfinished(daemon: Daemon, bytes: number): Promise<Socket> {
  const stream = await connectTo(daemon);
  const { host } = new URL(daemon.url);
  stream.write(
    `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
  );
  await once(stream, "data");
  const head = Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 0x0f, 0x42, 0x40, 0, 0, 0, 0]);
  stream.write(Buffer.concat([head, Buffer.alloc(bytes, "x")]));
  return stream;
}
