import { once } from "node:events";
import { expect } from "chai";
import type { Daemon } from "../../src/index.js";
import { Client } from "../../harness/client.js";
import { startDaemon } from "../support/daemon/daemon.js";
import { setup } from "../support/client/contrast.js";
import { get } from "../support/client/http.js";
import { connectTo } from "../support/client/plain.js";
import { until } from "../support/checks/until.js";

/** Requests all messages of a session that is larger than what sockets hold, and reads the beginning of the answer. */
async function startReading(daemon: Daemon) {
  const stream = await connectTo(daemon);
  stream.write("GET /api/export?all=true&format=messages HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await once(stream, "readable");
  return stream;
}

describe("The slots of readers", () => {
  /** Starts a daemon with one slot, and 30 MB of messages. */
  async function startWithOneSlot(waitMs: number): Promise<Daemon> {
    const daemon = await startDaemon({ readLimits: { maximumReads: 1, waitMs } });
    const client = await Client.connect(daemon.url);
    await client.request(setup());
    for (let count = 0; count < 30; count += 1)
      await client.request({ type: "note", message: "x".repeat(1_000_000) });
    return daemon;
  }

  it("refuse a request that no slot became free for, with 503 and when to try again", async () => {
    const daemon = await startWithOneSlot(300);
    const reader = await startReading(daemon);
    const answer = await get(daemon, "/api/sessions");
    expect(answer).to.include({ status: 503 });
    expect(answer.json).to.include({ code: "too_many_reads" });
    expect(answer.headers.get("retry-after")).to.match(/^\d+$/);
    reader.destroy();
  });

  it("are free again when the reader leaves in the middle", async () => {
    const daemon = await startWithOneSlot(60_000);
    const reader = await startReading(daemon);
    reader.destroy();
    await until(async () => (await get(daemon, "/api/sessions")).status === 200);
  });

  it("let a waiting request in when the reader before it has everything", async () => {
    const daemon = await startWithOneSlot(60_000);
    const reader = await startReading(daemon);
    const waiting = get(daemon, "/api/sessions");
    reader.resume();
    expect(await waiting).to.include({ status: 200 });
    reader.destroy();
  });

  it("forget a waiting request whose client leaves", async () => {
    const daemon = await startWithOneSlot(60_000);
    const reader = await startReading(daemon);
    const abort = new AbortController();
    const gone = fetch(`${daemon.url.replace("ws", "http")}/api/sessions`, { signal: abort.signal });
    abort.abort();
    await gone.catch(() => undefined);
    reader.destroy();
    await until(async () => (await get(daemon, "/api/sessions")).status === 200);
  });

  it("do not hold up what reads no database", async () => {
    const daemon = await startWithOneSlot(60_000);
    const reader = await startReading(daemon);
    expect(await get(daemon, "/healthz")).to.include({ status: 200 });
    expect(await get(daemon, "/metrics")).to.include({ status: 200 });
    reader.destroy();
  });
});
