import { mkdtemp, readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { DaemonProcess } from "../../harness/daemon-process.js";
import { readRows } from "../../harness/rows.js";
import type { Fault, FaultContext } from "../fault.js";
import { Findings } from "../findings.js";
import { digestOf } from "../ledger.js";
import { type DatabaseChange, databaseChanges } from "../moves/database-changes.js";
import { type StoredMessage, runShortSession } from "../moves/short-session.js";

const clients = 3;
const workMs = [100, 500] as const;
/** The acknowledgements after which the daemon goes on. */
const acknowledgedAgain = 20;
const goesOnWithinMs = 30_000;

export const filesMoved: Fault = {
  name: "files-moved",
  title: "files of the database moved, deleted, replaced",
  how: `${databaseChanges.length} changes in turn under load; every acknowledged message is at the path or in the copy that telltale made`,
  rounds: 10 * databaseChanges.length,
  run: async (context) => {
    const findings = new Findings();
    for (let round = 0; round < context.rounds; round += 1) {
      const change = databaseChanges[round % databaseChanges.length];
      const random = context.random.fork(`round ${round + 1}`);
      if (change !== undefined) findings.add(await changeUnderLoad({ ...context, random }, change));
      context.note(`round ${round + 1} of ${context.rounds}: ${change?.name ?? ""}`);
    }
    return findings;
  },
};

async function changeUnderLoad(
  { folder, imports, random }: FaultContext,
  change: DatabaseChange,
): Promise<Findings> {
  const findings = new Findings();
  const home = await mkdtemp(join(folder, "moved-"));
  const path = join(home, "data", "test.db");
  const daemon = await DaemonProcess.start(path, { imports });
  const acknowledged: StoredMessage[] = [];
  const state = { isOver: false };
  const runClient = async (_: unknown, index: number) => {
    const own = random.fork(`client ${index}`);
    while (!state.isOver) {
      await runShortSession(daemon.url, own, (message) => acknowledged.push(message));
      await pause(own.whole(2, 20));
    }
  };
  const load = Promise.all(Array.from({ length: clients }, runClient));
  const until = async (isDone: () => boolean) => {
    for (const end = performance.now() + goesOnWithinMs; !isDone() && performance.now() < end;)
      await pause(5);
    return isDone();
  };
  await until(() => acknowledged.length > acknowledgedAgain);
  await pause(random.whole(...workMs));
  await change.make(path);
  const changedAt = performance.now();
  const countAfter = () => acknowledged.filter(({ sentAt }) => sentAt > changedAt).length;
  // A file that lost its pages stays refused until it is put right.
  const isGoingOn = change.isDestructive === true || (await until(() => countAfter() > acknowledgedAgain));
  if (!isGoingOn)
    findings.report(`No message was acknowledged within ${goesOnWithinMs} ms after: ${change.name}.`);
  await pause(random.whole(...workMs));
  state.isOver = true;
  await daemon.stop().catch((error: unknown) => {
    if (change.isDestructive !== true) findings.report(`After ${change.name}: ${String(error)}`);
  });
  await load;

  const expected =
    change.isDestructive === true ? acknowledged.filter(({ sentAt }) => sentAt > changedAt) : acknowledged;
  const held = await readMessages(path);
  findings.acknowledged = expected.length;
  findings.lost = expected.filter((message) => !held.has(keyOf(message))).length;
  if (findings.lost > 0)
    findings.report(
      `After ${change.name} ${findings.lost} of ${expected.length} acknowledged messages are nowhere.`,
    );
  await rm(home, { recursive: true });
  return findings;
}

/** The messages at the path, and in the copies that telltale made beside it. */
async function readMessages(path: string): Promise<ReadonlySet<string>> {
  const names = await readdir(dirname(path)).catch(() => []);
  const copies = names.filter((name) => name.startsWith(`${basename(path)}.rescued-`));
  const held = new Set<string>();
  for (const file of [path, ...copies.map((name) => join(dirname(path), name))]) {
    const rows = await readRows(
      file,
      "select session_id, seq, message_id, message_contents from replay_data join master on master.unique_id = master_table_id",
    ).catch(() => []);
    for (const row of rows)
      held.add(
        keyOf({
          session: row["session_id"] as string,
          seq: row["seq"] as number,
          id: row["message_id"] as string,
          digest: digestOf(row["message_contents"] as Uint8Array),
        }),
      );
  }
  return held;
}

function keyOf({ session, seq, id, digest }: Omit<StoredMessage, "sentAt">): string {
  return `${session} ${seq} ${id} ${digest}`;
}
