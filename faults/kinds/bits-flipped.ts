import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "../../harness/client.js";
import { execute } from "../../harness/rows.js";
import type { Fault, FaultContext } from "../fault.js";
import { Findings } from "../findings.js";
import { FileChecker } from "../flips/file-checker.js";
import { type Bit, chooseBit, flipBit } from "../flips/flip-bit.js";
import { FlipTally, type Notice } from "../flips/flip-tally.js";
import { type Contents, listChanges, readEverything } from "../flips/read-everything.js";
import { Laboratory } from "../laboratory.js";
import { verify } from "../verify.js";

/** Flips per database. */
const flipsALaboratory = 100;
const clients = 3;
const workMs = 300;

export const bitsFlipped: Fault = {
  name: "bits-flipped",
  title: "bit flipped in a closed file",
  how: "one random bit of the file; a full read before and after; telltale verify exits with 2 if they differ",
  unit: "flips",
  rounds: 400,
  run: (context) => flipInLaboratories(context, "the file", flipClosed),
};

export const logBitsFlipped: Fault = {
  name: "log-bits-flipped",
  title: "bit flipped in the log after a kill",
  how: "kill -9, then one random bit of the -wal file; noticed by telltale verify or by the start",
  unit: "flips",
  rounds: 300,
  run: (context) => flipInLaboratories(context, "the log after a kill", flipKilled),
};

export const runningLogBitsFlipped: Fault = {
  name: "running-log-bits-flipped",
  title: "bit flipped in the log of a running daemon",
  how: "one random bit of the -wal file; the last one stays while clients go on, and the daemon is killed or stopped",
  unit: "flips",
  rounds: 300,
  run: (context) => flipInLaboratories(context, "the log of a running daemon", flipRunning),
};

/** Makes a number of flips in the database of a laboratory, whose clients work. */
type Flip = (laboratory: Laboratory, flips: number, checker: FileChecker, tally: FlipTally) => Promise<void>;

async function flipInLaboratories(context: FaultContext, file: string, flip: Flip): Promise<Findings> {
  const findings = new Findings();
  const tally = new FlipTally(file, findings);
  const checker = new FileChecker();
  try {
    for (let done = 0; done < context.rounds; done += flipsALaboratory) {
      const random = context.random.fork(`from flip ${done + 1}`);
      const laboratory = await Laboratory.open({ ...context, random }, { clients });
      await sendNonsense(laboratory);
      await laboratory.work(workMs);
      await flip(laboratory, Math.min(flipsALaboratory, context.rounds - done), checker, tally).finally(() =>
        laboratory.abandon(),
      );
      findings.acknowledged += laboratory.ledger.acknowledged;
      await rm(laboratory.folder, { recursive: true, force: true });
      context.note(`flip ${Math.min(done + flipsALaboratory, context.rounds)} of ${context.rounds}`);
    }
  } finally {
    await checker.close();
  }
  tally.note();
  return findings;
}

async function flipClosed(laboratory: Laboratory, flips: number, checker: FileChecker, tally: FlipTally) {
  for (const client of laboratory.clients) await client.halt();
  await laboratory.daemon.stop();
  const before = await readEverything(laboratory.location);
  for (let flip = 0; flip < flips; flip += 1) {
    const copy = await copyDatabase(laboratory, [""]);
    const bit = await chooseBit(copy, laboratory.context.random);
    await flipBit(copy, bit);
    const changes = await listChanges(copy, before);
    const isNoticed = changes.length > 0 && (await checker.verify(copy)) === 2;
    tally.count(bit, changes, isNoticed ? ["verify"] : []);
  }
}

async function flipKilled(laboratory: Laboratory, flips: number, checker: FileChecker, tally: FlipTally) {
  // In every second database older frames follow the newest ones.
  if (laboratory.context.random.chance(0.5)) await restartLog(laboratory);
  await laboratory.kill();
  for (const client of laboratory.clients) await client.halt();
  const before = await readEverything(await copyDatabase(laboratory));
  for (let flip = 0; flip < flips; flip += 1) {
    const copy = await copyDatabase(laboratory);
    const bit = await chooseBit(`${copy}-wal`, laboratory.context.random);
    await flipBit(`${copy}-wal`, bit);
    const changes = await listChanges(copy, before);
    tally.count(bit, changes, changes.length > 0 ? await listNotices(copy, checker) : []);
  }
}

async function flipRunning(laboratory: Laboratory, flips: number, checker: FileChecker, tally: FlipTally) {
  const { clients: all, context, location } = laboratory;
  for (const client of all) await client.halt();
  const before = await readQuietly(location);
  const log = `${location}-wal`;
  const flipAndCheck = async (): Promise<{ bit: Bit; isChanged: boolean }> => {
    const bit = await chooseBit(log, context.random);
    await flipBit(log, bit);
    const changes = await listChanges(location, before);
    const isNoticed = changes.length > 0 && (await checker.verify(location)) === 2;
    tally.count(bit, changes, isNoticed ? ["verify"] : []);
    return { bit, isChanged: changes.length > 0 };
  };
  for (let flip = 0; flip < flips; flip += 1) {
    const { bit, isChanged } = await flipAndCheck();
    if (flip === flips - 1 && isChanged) await goOn(laboratory, bit, checker, tally);
    else await flipBit(log, bit);
  }
}

/** Lets the clients go on beside a flip, ends the daemon, and compares what it left with what was acknowledged. */
async function goOn(laboratory: Laboratory, bit: Bit, checker: FileChecker, tally: FlipTally): Promise<void> {
  const { context, clients: all, ledger } = laboratory;
  for (const client of all) client.start();
  await laboratory.work(workMs);
  const hasFailed = laboratory.daemon.warnings.length > 0;
  if (context.random.chance(0.5)) await laboratory.daemon.stop().catch(() => undefined);
  await laboratory.kill();
  for (const client of all) await client.halt();
  const copy = await copyDatabase(laboratory);
  const notices = await listNotices(copy, checker);
  const isClean = await verify(await copyDatabase(laboratory), ledger).then(
    ({ isClean: is }) => is,
    () => false,
  );
  tally.count(bit, isClean ? [] : ["what was acknowledged"], [
    ...notices,
    ...(hasFailed ? ["daemon" as const] : []),
  ]);
}

/** Lets the daemon overwrite the log from its beginning. */
async function restartLog(laboratory: Laboratory): Promise<void> {
  await execute(laboratory.location, "pragma wal_checkpoint(restart)");
  await laboratory.work(20, workMs);
}

async function listNotices(copy: string, checker: FileChecker): Promise<Notice[]> {
  const notices: Notice[] = [];
  if ((await checker.verify(copy)) === 2) notices.push("verify");
  if (!(await checker.opens(copy))) notices.push("start");
  return notices;
}

/** Reads everything once the daemon has written what it still had. */
async function readQuietly(path: string): Promise<Contents> {
  for (let before = await readEverything(path); ;) {
    await pause(50);
    if ((await listChanges(path, before)).length === 0) return before;
    before = await readEverything(path);
  }
}

/** A copy of the database as it is on disk, in place of the one before. */
async function copyDatabase({ folder, location }: Laboratory, suffixes = ["", "-wal"]): Promise<string> {
  const copy = join(folder, "flipped.db");
  for (const suffix of ["-wal", "-shm"]) await rm(copy + suffix, { force: true });
  for (const suffix of suffixes)
    await copyFile(location + suffix, copy + suffix).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT" || suffix === "") throw error;
    });
  return copy;
}

/** Sends frames that telltale refuses and keeps. */
async function sendNonsense(laboratory: Laboratory): Promise<void> {
  const client = await Client.connect(laboratory.daemon.url);
  for (const frame of ["{", "[1]", '{"type": 1}']) {
    client.sendFrame(frame);
    await client.reply();
  }
  await client.close();
}
