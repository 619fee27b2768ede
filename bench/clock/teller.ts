// A client for bench/clock/main.ts: `teller.js URL SECONDS` sends a tell every 100 ms. Each tell has the time of the monotonic clock, which
// all programs of a computer share.
import { connect } from "../../src/client-node/index.js";

const [url = "", seconds = "10"] = process.argv.slice(2);
const now = () => Number(process.hrtime.bigint()) / 1e6;

const client = await connect(url, { outbox: "memory" });
client.on("disconnected", () => undefined);
const session = await client.setup({ experiment_name: "clock" });
process.stdout.write(`${session.id}\n`);
const end = now() + Number(seconds) * 1000;
while (now() < end) {
  void session.tell({ config: { t: now() }, outcome: 1 });
  await new Promise((resolve) => setTimeout(resolve, 100));
}
await client.flush();
await client.close();
