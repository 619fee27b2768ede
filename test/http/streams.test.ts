import { once } from "node:events";
import { type IncomingMessage, get } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { FastifyInstance } from "fastify";
import { sendChunks } from "../../src/http/send-chunks.js";
import { makeServer } from "../../src/http/index.js";
import type { Daemon } from "../../src/index.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { describeOnEngines } from "../../harness/engines.js";
import { aa1, bb3, beginSession, get as answerOf, getLines, httpUrl } from "../support/client/http.js";
import { execute } from "../../harness/rows.js";
import { until } from "../support/checks/until.js";

/** Opens a stream and reads nothing of it yet. */
async function open(url: string): Promise<IncomingMessage> {
  const request = get(url, { headers: { connection: "close" } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.on("error", () => undefined);
  return response;
}

/** Resolves when nothing more will come; an error too is an end. */
function closed(response: IncomingMessage): Promise<void> {
  return new Promise((resolve) => response.on("close", resolve));
}

/** Resolves when a number has stayed the same for a while. */
async function settled(read: () => number): Promise<number> {
  let [last, times] = [-1, 0];
  await until(() => {
    times = read() === last ? times + 1 : 0;
    last = read();
    return times > 100;
  });
  return last;
}

describe("A stream of rows", () => {
  let http: FastifyInstance;
  let given = 0;
  let isReturned = false;

  /** Rows without end, a kilobyte each. */
  async function* rows(): AsyncGenerator<string> {
    try {
      for (;;) {
        given += 1;
        yield await Promise.resolve(`${"x".repeat(1023)}\n`);
      }
    } finally {
      isReturned = true;
    }
  }

  beforeEach(async () => {
    [given, isReturned] = [0, false];
    http = makeServer((error) => {
      throw error;
    });
    http.get("/rows", (request, reply) => sendChunks(request, reply, rows()));
    await http.listen({ host: "127.0.0.1", port: 0 });
  });

  afterEach(async () => {
    http.server.closeAllConnections();
    await http.close();
  });

  const url = () => `http://127.0.0.1:${(http.server.address() as AddressInfo).port}/rows`;

  it("is read no faster than its client reads", async () => {
    const response = await open(url());
    const stalled = await settled(() => given);
    // What the two sockets hold.
    expect(stalled).to.be.below(32 * 1024);
    expect(isReturned).to.equal(false);
    response.resume();
    await until(() => given > stalled + 1000);
    response.destroy();
  });

  it("ends when its client leaves in the middle", async () => {
    const response = await open(url());
    response.resume();
    await until(() => given > 1000);
    response.destroy();
    await until(() => isReturned);
  });

  it("ends when its client leaves before reading anything", async () => {
    const response = await open(url());
    await settled(() => given);
    response.destroy();
    await until(() => isReturned);
  });

  it("leaves the process time for other work", async () => {
    const responses = await Promise.all([open(url()), open(url()), open(url())]);
    for (const response of responses) response.resume();
    await until(() => given > 5000);
    expect(await (await fetch(`${url()}/elsewhere`, { headers: { connection: "close" } })).json()).to.include(
      {
        code: "not_found",
      },
    );
    for (const response of responses) response.destroy();
  });
});

describeOnEngines("A stream of messages", (engine) => {
  const count = 25;

  /** A daemon with more messages than sockets hold: 24 MB, after the setup. */
  async function startFull(): Promise<Daemon> {
    const daemon = await startDaemon({ db: await engine.makeReadyLocation() });
    const client = await beginSession(daemon, aa1);
    const frame = JSON.stringify({ type: "ask", message: "x".repeat(1_000_000) });
    for (let n = 2; n <= count; n += 1) client.sendFrame(frame);
    for (let n = 2; n <= count; n += 1) await client.reply();
    return daemon;
  }
  const openStream = (daemon: Daemon) => open(`${httpUrl(daemon)}/api/sessions/1/messages?format=ndjson`);

  it("waits for a slow reader without delaying other clients", async () => {
    const daemon = await startFull();
    const response = await openStream(daemon);
    const client = await beginSession(daemon, bb3);
    expect(await client.request({ type: "ask" })).to.include({ ok: true });
    expect(await getLines(daemon, "/api/sessions/2/messages")).to.have.length(2);
    let lines = 0;
    for await (const chunk of response as AsyncIterable<Buffer>) {
      for (const byte of chunk) if (byte === 10) lines += 1;
    }
    expect(lines).to.equal(count);
  });

  it("is cut when the daemon stops, without waiting for its reader", async () => {
    const daemon = await startFull();
    const [slow, fast] = [await openStream(daemon), await openStream(daemon)];
    fast.resume();
    const cut = Promise.all([slow, fast].map(closed));
    expect(await daemon.stop()).to.equal(true);
    slow.resume();
    await cut;
    expect(slow.complete).to.equal(false);
  });

  it("is cut when the database fails, so that a part is not mistaken for the whole, and the daemon continues", async () => {
    const daemon = await startFull();
    const response = await openStream(daemon);
    await execute(daemon.options.db, "alter table replay_data rename to elsewhere");
    const cut = closed(response);
    response.resume();
    await cut;
    expect(response.complete).to.equal(false);
    await execute(daemon.options.db, "alter table elsewhere rename to replay_data");
    expect(await answerOf(daemon, "/api/sessions/1")).to.include({ status: 200 });
  });

  it("is not read for a HEAD request", async () => {
    const daemon = await startFull();
    const answer = await answerOf(daemon, "/api/sessions/1/messages?format=ndjson", {}, "HEAD");
    expect(answer).to.include({ status: 200, text: "" });
    expect(answer.headers.get("content-type")).to.equal("application/x-ndjson");
  });
});
