import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { startScript, whenEnded } from "../../harness/child-processes.js";
import { readRows } from "../../harness/rows.js";
import type { Fault, FaultContext } from "../fault.js";
import type { Findings } from "../findings.js";
import { Laboratory } from "../laboratory.js";
import type { OutboxClientLine } from "../outbox-client.js";

/** The number of clients killed in parallel. */
const lanes = 2;
const trialsARun = 5000;
const endsWithinMs = 60_000;

export const clientKilled: Fault = {
  name: "client-killed",
  title: "client killed and restarted with its outbox",
  how: "kill -9 of a Node client at a random moment, started again with its file",
  rounds: 100,
  run: killClients,
};

async function killClients(context: FaultContext): Promise<Findings> {
  const laboratory = await Laboratory.open(context, { clients: 0 });
  const { findings, ledger } = laboratory;
  /** The ids of the messages that were in an outbox. */
  const kept = new Set<string>();
  const take = (line: OutboxClientLine) => {
    if ("wrong" in line) findings.report(`A client says that ${line.wrong}.`);
    else if ("sent" in line) {
      ledger.session(line.session).sent.set(line.sent, line.digest);
      // A resent setup starts no new session, and a resume is not kept in the outbox.
      if (line.type === "tell") kept.add(line.sent);
    } else ledger.noteAcknowledged(line.session, line.acknowledged, line.seq);
  };
  const runClient = async (
    session: string,
    outboxFile: string,
    first: number,
    count: number,
    killAfterMs?: number,
  ) => {
    const { url } = laboratory.daemon;
    const child = startScript("faults/outbox-client.js", [url, outboxFile, session, `${first}`, `${count}`]);
    child.stderr.pipe(process.stderr);
    const lines = createInterface(child.stdout);
    const closed = once(lines, "close");
    lines.on("line", (line) => {
      take(JSON.parse(line) as OutboxClientLine);
    });
    if (killAfterMs !== undefined) {
      await Promise.race([once(lines, "line"), closed]);
      await pause(killAfterMs);
      child.kill("SIGKILL");
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), endsWithinMs);
    const end = await whenEnded(child);
    clearTimeout(timer);
    await closed;
    if (end !== (killAfterMs === undefined ? 0 : "SIGKILL"))
      findings.report(`A client ended with ${String(end)}.`);
  };
  try {
    let round = 0;
    const killInTurn = async (_: unknown, lane: number) => {
      const random = context.random.fork(`lane ${lane}`);
      const session = random.uuid();
      const outboxFile = join(laboratory.folder, `outbox-${lane}`);
      while ((round += 1) <= context.rounds) {
        context.note(`round ${round} of ${context.rounds}`);
        await runClient(session, outboxFile, round * trialsARun, trialsARun, random.whole(0, 400));
      }
      // The last run is not killed, so that it sends everything left in the outbox.
      await runClient(session, outboxFile, 0, 10);
    };
    await Promise.all(Array.from({ length: lanes }, killInTurn));
    // A client may be killed after it removes an acknowledged message from its outbox but before it prints that.
    for (const row of await readRows(laboratory.location, "select message_id from replay_data"))
      kept.delete(row["message_id"] as string);
    if (kept.size > 0) findings.report(`${kept.size} messages from an outbox never arrived.`);
    return await laboratory.close();
  } catch (error) {
    await laboratory.abandon();
    throw error;
  }
}
