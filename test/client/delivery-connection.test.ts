import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo } from "node:net";
import { expect } from "chai";
import { WebSocketServer } from "ws";
import { ClientError, connect } from "../../src/client-node/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { Clients, codeOf, listen } from "../support/client/clients.js";
import { until } from "../support/checks/until.js";

describe("the delivery of messages, its warnings and replies", () => {
  const clients = new Clients();

  describe("without listeners", () => {
    const { warn } = console;
    let warnings: string[];

    beforeEach(() => {
      warnings = [];
      console.warn = (one: string) => warnings.push(one);
    });

    afterEach(() => {
      console.warn = warn;
    });

    it("warns once on the console about a missing connection, with the daemon's reason", async () => {
      const body = '{"code":"unauthorized","message":"This token is not known."}';
      const server = createServer();
      let refused = 0;
      server.on("upgrade", (_request, socket) => {
        refused += 1;
        socket.on("error", () => undefined);
        socket.end(`HTTP/1.1 401 Unauthorized\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      const client = await clients.openWithoutListeners(`ws://127.0.0.1:${port}`, {
        outbox: "memory",
        token: "wrong",
      });
      void client.setup({});
      await until(() => refused > 1);
      await client.close();
      server.close();
      await once(server, "close");
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/^No connection to telltale \(This token is not known. \[HTTP 401\]\)/);
    });

    it("warns once on the console about refused messages", async () => {
      const client = await clients.openWithoutListeners((await startDaemon({ db: clients.db })).url);
      const session = await client.setup({});
      for (let count = 0; count < 3; count += 1) void session.tell({ config: { x: [] }, outcome: 1 });
      await session.flush();
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(/refused a message \(underivable\): A parameter/);
    });

    it("refuses a listener for an unknown event", async () => {
      const client = await clients.openWithoutListeners((await startDaemon({ db: clients.db })).url);
      expect(() => client.on("reject" as "rejected", () => undefined)).to.throw(ClientError, "no event");
    });
  });

  it("does not accept an acknowledgement from a server that is not telltale", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    server.on("connection", (socket) => {
      socket.on("message", (frame, isBinary) => {
        socket.send(frame as Buffer, { binary: isBinary });
      });
    });
    const client = await clients.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const lost = listen(client, "disconnected");
    void client.setup({});
    await until(() => lost.length > 0);
    expect(lost[0]?.reason).to.equal("the server at this address is not telltale");
    expect(client.pending).to.equal(1);
    await client.close();
    server.close();
    await once(server, "close");
  });

  it("does not accept the acknowledgement of another message", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await once(server, "listening");
    let connections = 0;
    server.on("connection", (socket) => {
      connections += 1;
      const mixesUp = connections === 1;
      let seq = 0;
      socket.on("message", (data: Buffer) => {
        const request = JSON.parse(data.toString()) as { type: string; id: string };
        const id = mixesUp && request.type === "tell" ? "another" : request.id;
        seq += 1;
        socket.send(JSON.stringify({ type: request.type, ok: true, id, seq, last_seq: seq }));
      });
    });
    const client = await clients.open(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const acknowledged = listen(client, "acknowledged");
    const session = await client.setup({});
    await session.tell({ config: { x: 1 }, outcome: 1 });
    expect(connections).to.equal(2);
    expect(acknowledged.map(({ id }) => id)).not.to.include("another");
    await client.close();
    server.close();
    await once(server, "close");
  });

  it("refuses a wrong option with bad_option", async () => {
    expect(await codeOf(connect("http://127.0.0.1", { outbox: "memory" }))).to.equal("bad_option");
    expect(await codeOf(connect("ws://127.0.0.1", { outbox: "memory", token: "a b" }))).to.equal(
      "bad_option",
    );
    expect(await codeOf(connect("ws://127.0.0.1"))).to.equal("bad_option");
  });
});
