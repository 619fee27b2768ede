import { once } from "node:events";
import { connect } from "node:net";
import { expect } from "chai";
import { Client } from "../../../harness/client.js";
import { describeOnEngines } from "../../../harness/engines.js";
import { setup, tell, useUndisturbedDaemon } from "./undisturbed.js";

describeOnEngines("A client that misbehaves", (engine) => {
  const fixture = useUndisturbedDaemon(engine);
  const { read } = fixture;

  it("may leave in the middle of a frame", async () => {
    const { port } = new URL(fixture.daemon.url);
    const stream = connect(Number(port), "127.0.0.1");
    await once(stream, "connect");
    stream.write(
      `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n\r\n`,
    );
    await once(stream, "data");
    // A masked text frame of 100 bytes, of which four come.
    stream.write(Buffer.from([0x81, 0xe4, 1, 2, 3, 4, 5, 6, 7, 8]));
    stream.destroy();
    await once(stream, "close");
    expect(await fixture.client.request(tell)).to.include({ ok: true });
    expect(await read("select * from rejected_data")).to.deep.equal([]);
  });

  it("may break the WebSocket protocol", async () => {
    const client = await Client.connect(fixture.daemon.url);
    const stream = (client.socket as unknown as { _socket: NodeJS.WritableStream })._socket;
    stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await client.closed()).to.be.oneOf([1002, 1006]);
  });

  it("may open and drop a thousand connections", async () => {
    for (let round = 0; round < 10; round += 1) {
      const clients = await Promise.all(
        Array.from({ length: 100 }, () => Client.connect(fixture.daemon.url)),
      );
      for (const [index, client] of clients.entries()) {
        if (index % 2 === 0) client.send(tell);
        client.socket.terminate();
      }
      await Promise.all(clients.map((client) => client.closed()));
    }
  });

  it("is paused while it does not read its replies, and gets all of them later", async () => {
    const client = await Client.connect(fixture.daemon.url);
    const { session } = await client.request(setup);
    client.socket.pause();
    let sent = 0;
    const flood = () => {
      while (client.socket.bufferedAmount < 4 * 1024 * 1024 && sent < 400_000) {
        client.send({ type: "note", id: String(sent).padStart(128, "n"), message: "" });
        sent += 1;
      }
    };
    // Sends until the daemon, whose replies are not read, reads no more.
    let stalled = 0;
    let buffered = 0;
    while (sent < 400_000 && stalled < 20) {
      flood();
      await fixture.client.request(tell);
      stalled = client.socket.bufferedAmount === buffered ? stalled + 1 : 0;
      buffered = client.socket.bufferedAmount;
    }
    expect(sent, "the daemon reads on without bound").to.be.below(400_000);
    expect(await fixture.client.request(tell)).to.include({ ok: true });
    client.socket.resume();
    for (let index = 0; index < sent; index += 1)
      expect((await client.reply())["id"]).to.equal(String(index).padStart(128, "n"));
    expect(await client.request({ type: "note", session })).to.include({ seq: sent + 2 });
  });
});
