/**
 * A participant's program: sets a session up or goes back to it, and tells trials from `first` on without waiting, through an outbox
 * file. Prints a line for each trial sent and each trial acknowledged.
 *
 * Arguments: url, outbox file, session, first trial, how many.
 */
import { connect } from "../../../src/client-node/index.js";

const [url = "", outboxFile = "", session = "", first = "", count = ""] = process.argv.slice(2);

const client = await connect(url, { outboxFile });
client.on("acknowledged", ({ type, id }) => {
  process.stdout.write(`acknowledged ${type} ${id}\n`);
});
client.on("rejected", ({ reason }) => {
  process.stdout.write(`rejected ${reason}\n`);
});
const run = await client.setup({ experiment_name: "outbox" }, { session });
for (let trial = Number(first); trial < Number(first) + Number(count); trial += 1) {
  void run.tell({ config: { trial }, outcome: trial % 2 });
  process.stdout.write(`told ${trial}\n`);
  if (trial % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await client.flush();
process.stdout.write("flushed\n");
await client.close();
