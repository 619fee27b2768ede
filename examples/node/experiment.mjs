// An experiment in Node: twenty trials, each sent to telltale. Run it with: node examples/node/experiment.mjs
import { setTimeout } from "node:timers/promises";
import { connect } from "telltale/client/node";

const [url = "ws://127.0.0.1:8765", outboxFile = "experiment.outbox"] = process.argv.slice(2);

// This file keeps every message that telltale has not acknowledged; the next run sends these first.
const client = await connect(url, { outboxFile });
client.on("disconnected", ({ reason }) => console.error(`No connection (${reason}); trying again.`));
client.on("rejected", ({ code, reason }) => console.error(`Refused (${code}): ${reason}`));
client.on("data-loss", (loss) => console.error("telltale lost messages:", loss));

const session = await client.setup({
  experiment_name: "contrast",
  participant_id: "P001",
  config: { common: { parnames: "[contrast]" } },
});
for (let trial = 1; trial <= 20; trial += 1) {
  const contrast = Math.random();
  const { seen, rt } = await showStimulus(contrast);
  // This never waits: the experiment continues, also without a connection.
  session.trial({ contrast }, seen ? 1 : 0, { rt });
  console.log(`trial ${trial}: ${session.pending} not stored yet`);
}
await session.finish(); // every message is on telltale's disk
await client.close();
console.log(`The session ${session.id} is stored.`);

/** Stands for your own stimulus: this participant sees every contrast above 0.3. */
async function showStimulus(contrast) {
  const rt = 100 + 100 * Math.random();
  await setTimeout(rt);
  return { seen: contrast > 0.3, rt };
}
