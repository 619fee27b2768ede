import { copyFile, stat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { plural } from "../../../common/index.js";
import { DatabaseError } from "../../database-error.js";
import { isOpenHere } from "./open-here.js";
import { type WalScan, scanWal, walHeaderBytes } from "./scan-wal.js";
import { timeStamp } from "./time-stamp.js";

/** A writer in another process may change the files during a look: only what several looks find is damage. */
const looks = 3;
const lookAgainAfterMs = 100;

/**
 * Checks, before SQLite opens a file, that it would read the whole write-ahead log beside it, and that the log belongs to the file:
 * SQLite deletes the log of a missing file, ends at the first bad frame, and writes the pages of another file's log into this one.
 *
 * @param isDamageAccepted whether SQLite may read a damaged log up to the damage; both files are copied aside first.
 * @returns a sentence about damage that was accepted; undefined where all is well.
 * @throws DatabaseError `stray_log` or `damaged_log`; nothing was changed but that copies were made.
 */
export async function checkWal(path: string, isDamageAccepted: boolean): Promise<string | undefined> {
  const log = `${path}-wal`;
  if (!(await hasFrames(log))) return undefined;
  const mainBytes = (await stat(path).catch(() => undefined))?.size ?? 0;
  if (mainBytes === 0) {
    throw new DatabaseError(
      "stray_log",
      `${log} holds messages but ${path} is missing or empty; put that file back, or move the -wal file away to start a new database.`,
    );
  }
  const problem = await findLogDamage(path);
  if (problem === undefined) return undefined;
  const copy = await copyAside(path);
  const kept = `Both files were copied to ${copy} and ${copy}-wal.`;
  if (isDamageAccepted) return `${problem} ${kept}`;
  throw new DatabaseError(
    "damaged_log",
    `${problem} ${kept} Restore a backup, or continue without them: telltale serve --accept-damaged-wal.`,
  );
}

/** Says why SQLite would not read the whole log beside a file, or should not; undefined if it may. */
export async function findLogDamage(path: string): Promise<string | undefined> {
  for (let look = 1; await hasFrames(`${path}-wal`); look += 1) {
    const problem = await findProblem(path);
    if (problem === undefined || look === looks) return problem;
    await setTimeout(lookAgainAfterMs);
  }
  return undefined;
}

async function hasFrames(log: string): Promise<boolean> {
  return ((await stat(log).catch(() => undefined))?.size ?? 0) > walHeaderBytes;
}

async function findProblem(path: string): Promise<string | undefined> {
  const log = `${path}-wal`;
  const scan = await scanWal(log).catch(() => undefined);
  if (scan === undefined) return `${log} has a damaged header: SQLite would drop all of it.`;
  if (scan.transactionsBehind > 0) {
    return `${log} is damaged: SQLite would read its first ${plural(scan.transactions, "transaction")} and drop the ${scan.transactionsBehind} behind the damage.`;
  }
  if (scan.transactions === 0 || (await belongs(path, scan))) return undefined;
  return `${log} does not belong to ${path}: one of them was put there from elsewhere, and SQLite would mix them.`;
}

/** Whether the log can be that of the file: they have the same page size, and no page or change is missing between them. */
async function belongs(path: string, scan: WalScan): Promise<boolean> {
  const mainPages = Math.floor((await stat(path)).size / scan.pageSize);
  // SQLite never writes the page at 1 GiB, which holds its locks: then the next one is looked for.
  const isNextMissing = !scan.pages.has(mainPages + 1) && !scan.pages.has(mainPages + 2);
  if (mainPages < scan.databasePages && isNextMissing) return false;
  // Only a VACUUM makes a file smaller, and writes every page that is left into the log.
  if (mainPages > scan.databasePages && scan.pages.size < scan.databasePages) return false;
  const header = readMainHeader(path);
  if (header === undefined) return true;
  // 1 stands for 65,536.
  const pageSize = header.readUInt16BE(16) === 1 ? 65_536 : header.readUInt16BE(16);
  if (pageSize !== scan.pageSize) return false;
  const [least, greatest] = scan.changeCounters ?? [0, Infinity];
  const counter = header.readUInt32BE(24);
  // The first change of page 1 in the log adds 1 to the file's counter; a part of the log may have been copied into the file since.
  return counter >= least - 1 && counter <= greatest;
}

/**
 * The header of the main file; undefined while this process has the file open: only SQLite may close it then, or the locks are lost.
 * Synchronous, so that no connection is opened meanwhile.
 */
function readMainHeader(path: string): Buffer | undefined {
  if (isOpenHere(path)) return undefined;
  const header = Buffer.alloc(100);
  const file = openSync(path, "r");
  try {
    readSync(file, header, 0, 100, 0);
  } finally {
    closeSync(file);
  }
  return header;
}

/** Copies both files; a start that is tried again and again copies them once. */
async function copyAside(path: string): Promise<string> {
  const copy = `${path}.damaged-${timeStamp((await stat(`${path}-wal`)).mtime)}`;
  for (const suffix of isOpenHere(path) ? ["-wal"] : ["-wal", ""]) {
    await copyFile(path + suffix, copy + suffix, constants.COPYFILE_EXCL).catch((error: unknown) => {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return;
      throw new DatabaseError(
        "damaged_log",
        `${path}-wal is damaged, and cannot be copied to ${copy + suffix}; make room for a copy of both files.`,
        { cause: error },
      );
    });
  }
  return copy;
}
