import { appendFile, copyFile, mkdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ClientError, type OutboxMessage, openFileOutbox } from "../../src/client-node/index.js";
import type { Fault, FaultContext } from "../fault.js";
import { Findings } from "../findings.js";
import { chooseBit, flipBit } from "../flips/flip-bit.js";
import { makeMessage } from "../messages.js";
import type { Random } from "../random.js";

const messages = 30;

/** What is done to an outbox while a program has it open. */
const changes: Readonly<Record<string, (path: string) => Promise<void>>> = {
  "the file deleted": (path) => rm(path),
  "the file moved": (path) => rename(path, `${path}.moved`),
  "the file replaced by a copy": async (path) => {
    await copyFile(path, `${path}.copy`);
    await rename(`${path}.copy`, path);
  },
  "the file replaced by another": async (path) => {
    await writeFile(`${path}.other`, "telltale outbox 1\n");
    await rename(`${path}.other`, path);
  },
  "the file truncated": (path) => truncate(path, 100),
  "the file written to": (path) => appendFile(path, "nonsense\n"),
  "the folder renamed": (path) => rename(dirname(path), `${dirname(path)}-moved`),
  "the folder replaced": async (path) => {
    await rename(dirname(path), `${dirname(path)}-moved`);
    await mkdir(dirname(path));
  },
  "the folder deleted": (path) => rm(dirname(path), { recursive: true }),
};

export const outboxFlipped: Fault = {
  name: "outbox-flipped",
  title: "bit flipped in a client's outbox",
  how: `one random bit of a file with ${messages} messages and some delivered ones; the client reports what is missing when it opens it`,
  unit: "flips",
  rounds: 1000,
  run: flipOutboxes,
};

export const outboxMoved: Fault = {
  name: "outbox-moved",
  title: "a client's outbox moved, deleted, replaced",
  how: `${Object.keys(changes).length} changes in turn while it is open; the client reports it, and a new file has everything pending`,
  rounds: 10 * Object.keys(changes).length,
  run: moveOutboxes,
};

async function flipOutboxes({ rounds, random, folder }: FaultContext): Promise<Findings> {
  const findings = new Findings();
  const path = join(folder, "outbox");
  const pending = await writeOutbox(path, random);
  const whole = await readFile(path);
  let [changed, noticed] = [0, 0];
  for (let flip = 0; flip < rounds; flip += 1) {
    await writeFile(path, whole);
    const bit = await chooseBit(path, random);
    await flipBit(path, bit);
    const { waiting, isDamaged } = await openAgain(path);
    const missing = countMissing(pending, waiting) + countMissing(waiting, pending);
    if (missing === 0) continue;
    changed += 1;
    if (isDamaged) noticed += 1;
    else
      findings.report(
        `Bit ${bit.bit} of byte ${bit.byte} changed ${missing} messages, and the client did not say so.`,
      );
  }
  findings.notes.push(`${rounds} flips, ${changed} changed what waits; the client reported ${noticed}`);
  findings.acknowledged = rounds;
  return findings;
}

async function moveOutboxes({ rounds, random, folder, note }: FaultContext): Promise<Findings> {
  const findings = new Findings();
  const kinds = Object.entries(changes);
  for (let round = 0; round < rounds; round += 1) {
    const [name, change] = kinds[round % kinds.length] ?? [];
    if (name === undefined || change === undefined) continue;
    const path = join(folder, `round-${round}`, "outbox");
    const pending = [...(await writeOutbox(path, random))];
    const outbox = await openFileOutbox(path);
    let reports = 0;
    await outbox.read(() => (reports += 1));
    await change(path);
    const message = makeOutboxMessage(random, "last");
    await outbox.write({ added: [message], removed: [], rejected: [], dismissed: [] });
    await outbox.close();
    const { waiting } = await openAgain(path);
    findings.lost += countMissing([...pending, message], waiting);
    findings.acknowledged += pending.length + 1;
    if (reports === 0) findings.report(`After ${name} the client reported nothing.`);
    note(`round ${round + 1} of ${rounds}: ${name}`);
  }
  return findings;
}

/** Writes an outbox with messages that wait and messages that were delivered; returns those that wait. */
async function writeOutbox(path: string, random: Random): Promise<readonly OutboxMessage[]> {
  const all = Array.from({ length: messages + 5 }, (_, index) =>
    makeOutboxMessage(random, `message-${index}`),
  );
  const outbox = await openFileOutbox(path);
  await outbox.read();
  for (const message of all)
    await outbox.write({ added: [message], removed: [], rejected: [], dismissed: [] });
  const delivered = all.splice(0, 5);
  await outbox.write({ added: [], removed: delivered.map(({ id }) => id), rejected: [], dismissed: [] });
  await outbox.close();
  return all;
}

function makeOutboxMessage(random: Random, id: string): OutboxMessage {
  const message = makeMessage(random, id, 1) as { readonly type: string };
  return {
    id,
    session: "3b241101-e2bb-4255-8caf-4136c566a962",
    type: message.type,
    frame: JSON.stringify(message),
  };
}

/** Opens an outbox as the next program does. */
async function openAgain(
  path: string,
): Promise<{ readonly waiting: readonly OutboxMessage[]; readonly isDamaged: boolean }> {
  try {
    const outbox = await openFileOutbox(path);
    let isDamaged = false;
    const { waiting } = await outbox.read(() => (isDamaged = true));
    await outbox.close();
    return { waiting, isDamaged };
  } catch (error) {
    if (error instanceof ClientError) return { waiting: [], isDamaged: true };
    throw error;
  }
}

/** How many messages of one list are not in the other as they are. */
function countMissing(all: readonly OutboxMessage[], found: readonly OutboxMessage[]): number {
  const there = new Set(found.map((message) => JSON.stringify(message)));
  return all.filter((message) => !there.has(JSON.stringify(message))).length;
}
