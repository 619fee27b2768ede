import { randomUUID } from "node:crypto";
import { unpack } from "msgpackr";
import { WebSocket } from "ws";
import { type Coding, encode, makeTell, setup } from "./workload.js";

/** What one load measured. */
export interface LoadResult {
  readonly tellsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const warmUpMs = 500;

/** One client that keeps `inFlight` tells unanswered until the load ends. */
class Client {
  readonly latencies: number[] = [];
  readonly #session = randomUUID();
  readonly #sentAt: number[] = [];
  #trial = 0;
  #isEnding = false;
  #end: (() => void) | undefined;

  constructor(
    readonly socket: WebSocket,
    readonly coding: Coding,
    readonly inFlight: number,
  ) {}

  async begin(): Promise<void> {
    await new Promise((resolve, reject) => this.socket.once("open", resolve).once("error", reject));
    this.socket.send(encode({ ...setup, session: this.#session }, this.coding));
    await new Promise((resolve) => this.socket.once("message", resolve));
  }

  run(): void {
    this.socket.on("message", (frame: Buffer) => {
      this.#acknowledge(frame);
    });
    for (let count = 0; count < this.inFlight; count += 1) this.#tell();
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#sentAt.length > 0) await new Promise<void>((resolve) => (this.#end = resolve));
    this.socket.close();
  }

  #tell(): void {
    this.#trial += 1;
    this.#sentAt.push(performance.now());
    this.socket.send(encode(makeTell(this.#session, this.#trial), this.coding));
  }

  #acknowledge(frame: Buffer): void {
    const isOk = this.coding === "json" ? frame.includes('"ok":true') : (unpack(frame) as { ok: boolean }).ok;
    if (!isOk) throw new Error(`A tell failed: ${frame.toString()}`);
    this.latencies.push(performance.now() - (this.#sentAt.shift() ?? 0));
    if (!this.#isEnding) this.#tell();
    else if (this.#sentAt.length === 0) this.#end?.();
  }
}

const [url = "", connections = "", inFlight = "", coding = "", seconds = ""] = process.argv.slice(2);
const clients = Array.from(
  { length: Number(connections) },
  () => new Client(new WebSocket(url, { perMessageDeflate: false }), coding as Coding, Number(inFlight)),
);
await Promise.all(clients.map((client) => client.begin()));
for (const client of clients) client.run();
await new Promise((resolve) => setTimeout(resolve, warmUpMs));
for (const client of clients) client.latencies.length = 0;
const start = performance.now();
await new Promise((resolve) => setTimeout(resolve, Number(seconds) * 1000));
const elapsedMs = performance.now() - start;
const latencies = Float64Array.from(clients.flatMap((client) => client.latencies)).sort();
await Promise.all(clients.map((client) => client.end()));
const result: LoadResult = {
  tellsPerSecond: (latencies.length / elapsedMs) * 1000,
  p50Ms: latencies[Math.floor(latencies.length * 0.5)] ?? NaN,
  p99Ms: latencies[Math.floor(latencies.length * 0.99)] ?? NaN,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
