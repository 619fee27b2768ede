import { type FileHandle, open } from "node:fs/promises";
import { type WalChecksum, addToChecksum } from "./wal-checksum.js";
import { WalFrame, frameHeaderBytes } from "./wal-frame.js";

/** The header of a write-ahead log, in bytes. */
export const walHeaderBytes = 32;
const chunkBytes = 4 * 1024 * 1024;

/** What a write-ahead log holds: the transactions that SQLite will read, and those that it will not. */
export interface WalScan {
  readonly pageSize: number;
  /** Committed transactions before the first bad frame. */
  readonly transactions: number;
  /** Committed transactions behind it that have the salts of this log: SQLite would drop them silently. */
  readonly transactionsBehind: number;
  /** The size of the database after the last readable transaction, in pages; 0 where there is none. */
  readonly databasePages: number;
  /** The pages of the readable transactions. */
  readonly pages: ReadonlySet<number>;
  /** The change counters in the copies of page 1, least and greatest; undefined where the log has none. */
  readonly changeCounters: readonly [least: number, greatest: number] | undefined;
}

/**
 * Reads a write-ahead log as SQLite's recovery does (https://www.sqlite.org/fileformat2.html#the_write_ahead_log), and past the first
 * bad frame: the checksum of each frame is seeded by that stored in the frame before it, so that one bad frame does not hide those behind.
 *
 * A crash of the machine may leave the last transaction without some of its frames, since it was not yet synced. Then one of the
 * frames has not the salts of this log, and the transaction is not counted as behind: it was never acknowledged. A frame that one flipped
 * bit makes bad was written whole, and counts.
 *
 * @returns undefined where the header is damaged.
 */
export async function scanWal(path: string): Promise<WalScan | undefined> {
  const file = await open(path, "r");
  try {
    return await scan(file);
  } finally {
    await file.close();
  }
}

async function scan(file: FileHandle): Promise<WalScan | undefined> {
  const header = Buffer.alloc(walHeaderBytes);
  if ((await file.read(header, 0, walHeaderBytes, 0)).bytesRead < walHeaderBytes) return undefined;
  const magic = header.readUInt32BE(0);
  const pageSize = header.readUInt32BE(8) || 65_536;
  const isPowerOfTwo = (pageSize & (pageSize - 1)) === 0;
  if ((magic & 0xfffffffe) >>> 0 !== 0x377f0682 || !isPowerOfTwo || pageSize < 512 || pageSize > 65_536)
    return undefined;
  const isBigEndian = (magic & 1) === 1;
  const frameBytes = frameHeaderBytes + pageSize;
  const chunk = Buffer.alloc(Math.max(1, Math.floor(chunkBytes / frameBytes)) * frameBytes);

  let seed: WalChecksum = [header.readUInt32BE(24), header.readUInt32BE(28)];
  const sum = addToChecksum([0, 0], header.subarray(0, 24), isBigEndian);
  if (sum[0] !== seed[0] || sum[1] !== seed[1]) return undefined;
  const salts = header.subarray(16, 24);
  let isBroken = false;
  let [hasForeignSalts, isTorn] = [false, false];
  let [transactions, behind, databasePages] = [0, 0, 0];
  const pages = new Set<number>();
  let uncommitted: number[] = [];
  let [counters, newCounters]: ([number, number] | undefined)[] = [];

  for (let position = walHeaderBytes; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    for (let at = 0; at + frameBytes <= bytesRead; at += frameBytes) {
      const frame = new WalFrame(chunk.subarray(at, at + frameBytes), salts, seed, isBigEndian);
      const { isValid } = frame;
      // Only the first bad frame can be the end of what was written.
      const isCounted = isValid || (!isBroken && frame.mend());
      isBroken ||= !isValid;
      seed = frame.checksum;
      const { page, sizeAfterCommit } = frame;
      if (!isCounted) {
        if (!frame.hasSalts) hasForeignSalts = true;
      } else if (isBroken) {
        // A commit is synced before more frames follow it.
        isTorn = sizeAfterCommit > 0 && behind === 0 && hasForeignSalts;
        if (sizeAfterCommit > 0) behind += 1;
      } else {
        uncommitted.push(page);
        if (page === 1) {
          const counter = frame.bytes.readUInt32BE(frameHeaderBytes + 24);
          newCounters = [
            Math.min(newCounters?.[0] ?? counter, counter),
            Math.max(newCounters?.[1] ?? 0, counter),
          ];
        }
        if (sizeAfterCommit > 0) {
          transactions += 1;
          databasePages = sizeAfterCommit;
          for (const one of uncommitted) pages.add(one);
          uncommitted = [];
          if (newCounters !== undefined)
            counters = [Math.min(counters?.[0] ?? newCounters[0], newCounters[0]), newCounters[1]];
        }
      }
    }
    position += bytesRead;
    if (bytesRead < chunk.length) break;
  }
  const now = Buffer.alloc(walHeaderBytes);
  await file.read(now, 0, walHeaderBytes, 0);
  // A writer has begun to overwrite the log meanwhile.
  if (!now.equals(header)) return scan(file);
  return {
    pageSize,
    transactions,
    transactionsBehind: isTorn ? 0 : behind,
    databasePages,
    pages,
    changeCounters: counters,
  };
}
