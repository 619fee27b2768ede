import { once } from "node:events";
import { expect } from "chai";
import { Client } from "../../harness/client.js";
import { setup } from "../support/client/contrast.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { connectTo, readAll } from "../support/client/plain.js";

const request = "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

describe("A connection of HTTP", () => {
  it("gets one answer to requests that it sends without waiting, and is closed", async () => {
    const daemon = await startDaemon();
    const stream = await connectTo(daemon);
    stream.write(request.repeat(1000));
    const text = await readAll(stream);
    expect(text.match(/^HTTP\/1\.1 /gm)).to.have.length(1);
    expect(text).to.match(/^connection: close\r$/im);
    expect(text).to.match(/"ok":true/);
  });

  it("may send the next request after the answer", async () => {
    const daemon = await startDaemon();
    const stream = await connectTo(daemon);
    for (let count = 0; count < 3; count += 1) {
      stream.write(request);
      const [chunk] = (await once(stream, "data")) as [Buffer];
      expect(chunk.toString()).to.match(/^HTTP\/1\.1 200 /);
    }
    stream.destroy();
  });

  it("is closed after a long answer that had begun when the next request came", async () => {
    const daemon = await startDaemon();
    const client = await Client.connect(daemon.url);
    await client.request(setup());
    for (let count = 0; count < 30; count += 1)
      await client.request({ type: "note", id: `n${count}`, message: "x".repeat(1_000_000) });
    const stream = await connectTo(daemon);
    stream.write(request.replace("/healthz", "/api/export?all=true&format=messages"));
    await once(stream, "readable");
    stream.write(request.repeat(2));
    const text = await readAll(stream);
    expect(text.match(/"id":"n\d+"/g)?.length).to.be.at.least(30);
    expect(text.match(/^HTTP\/1\.1 /gm)).to.have.length(1);
  });
});
