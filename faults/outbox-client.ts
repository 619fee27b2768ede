// An experiment's program with an outbox file: node dist/faults/outbox-client.js URL FILE SESSION FIRST COUNT
// It tells COUNT trials, numbered from FIRST, and prints a line of JSON for each message sent and each acknowledgement.
import { writeSync } from "node:fs";
import { unpack } from "msgpackr";
import { WebSocket } from "ws";
import { type SocketClass, connect } from "../src/client-node/index.js";
import { digestOf } from "./ledger.js";

/** A line that this program prints. */
export type OutboxClientLine =
  | { readonly sent: string; readonly type: string; readonly session: string; readonly digest: string }
  | { readonly acknowledged: string; readonly session: string; readonly seq: number }
  | { readonly wrong: string };

/** Prints each message before sending it. */
class NotingSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false });
  }

  override send(frame: string | Uint8Array): void {
    const request = (typeof frame === "string" ? JSON.parse(frame) : unpack(frame)) as {
      readonly id?: string;
      readonly type: string;
      readonly session?: string;
      readonly message?: { readonly session?: string };
    };
    const { id, type, message } = request;
    const session = request.session ?? message?.session ?? "";
    // A probe of the clock has no id: it is no message.
    if (id !== undefined) say({ sent: id, type, session, digest: digestOf(frame) });
    super.send(frame);
  }
}

const [url = "", outboxFile = "", session = "", first = "", count = ""] = process.argv.slice(2);
const client = await connect(url, { outboxFile, WebSocket: NotingSocket as unknown as SocketClass });
client.on("acknowledged", ({ id, session: sessionId, seq }) => {
  say({ acknowledged: id, session: sessionId, seq });
});
client.on("rejected", ({ reason }) => {
  say({ wrong: `a message was rejected: ${reason}` });
});
client.on("data-loss", ({ acknowledgedSeq, lastSeq }) => {
  say({ wrong: `the daemon has ${lastSeq} of ${acknowledgedSeq} messages` });
});
const run = await client.setup({ experiment_name: "outbox" }, { session });
for (let trial = Number(first); trial < Number(first) + Number(count); trial += 1) {
  void run.tell({ config: { trial }, outcome: trial % 2 });
  if (trial % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
}
await client.flush();
await client.close();

/** Writes synchronously, so that nothing printed is lost when the program is killed. */
function say(line: OutboxClientLine): void {
  writeSync(1, `${JSON.stringify(line)}\n`);
}
