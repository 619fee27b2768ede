// The load generator, a process of its own so that it takes no time from the daemon's event loop:
// node dist/harness/load/load.js URL CONNECTIONS IN_FLIGHT json|messagepack SECONDS [TELLS_PER_SECOND] prints one line, a LoadResult as
// JSON. With TELLS_PER_SECOND the clients together send so many, whatever is answered.
import { setTimeout } from "node:timers/promises";
import { LoadClient } from "./load-client.js";
import { quantile } from "../statistics.js";
import type { Coding } from "./workload.js";

/** What one load measured. */
export interface LoadResult {
  /** Tells acknowledged in a second. */
  readonly tellsPerSecond: number;
  /** From sending a tell to its acknowledgement, half of all tells. */
  readonly p50Ms: number;
  /** The same, 99 % of all tells. */
  readonly p99Ms: number;
}

// Until the daemon's and our own hot code is compiled; not measured.
const warmUpMs = 1000;

const [url = "", connections = "", inFlight = "", coding = "", seconds = "", tellsPerSecond] =
  process.argv.slice(2);
const clients = await Promise.all(
  Array.from({ length: Number(connections) }, () => LoadClient.begin(url, coding as Coding)),
);
clients.forEach((client, index) => {
  if (tellsPerSecond === undefined) client.run(Number(inFlight));
  else client.runSteadily((1000 * clients.length) / Number(tellsPerSecond), index / clients.length);
});
await setTimeout(warmUpMs);
for (const client of clients) client.latenciesMs.length = 0;
const start = performance.now();
await setTimeout(Number(seconds) * 1000);
const elapsedMs = performance.now() - start;
// Before the clients end: replies after the measured time do not count.
const latenciesMs = Float64Array.from(clients.flatMap((client) => client.latenciesMs));
await Promise.all(clients.map((client) => client.end()));
const result: LoadResult = {
  tellsPerSecond: (latenciesMs.length / elapsedMs) * 1000,
  p50Ms: quantile(latenciesMs, 0.5),
  p99Ms: quantile(latenciesMs, 0.99),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
