import { type FileHandle, open } from "node:fs/promises";

/** The header of a write-ahead log, and that of each of its frames, in bytes. */
export const walHeaderBytes = 32;
const frameHeaderBytes = 24;
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
 * frames has not the salts of this log, and the transaction is not counted as behind: it was never acknowledged.
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

  const sum: [number, number] = [0, 0];
  addToChecksum(sum, header, 0, 24, isBigEndian);
  if (sum[0] !== header.readUInt32BE(24) || sum[1] !== header.readUInt32BE(28)) return undefined;
  let isBroken = false;
  let hasForeignSalts = false;
  let seed: [number, number] = [header.readUInt32BE(24), header.readUInt32BE(28)];
  let [transactions, behind, validAfterLast, databasePages] = [0, 0, false, 0];
  const pages = new Set<number>();
  let uncommitted: number[] = [];
  let [counters, newCounters]: ([number, number] | undefined)[] = [];

  for (let position = walHeaderBytes; ;) {
    const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
    for (let at = 0; at + frameBytes <= bytesRead; at += frameBytes) {
      const hasSalts = chunk.compare(header, 16, 24, at + 8, at + 16) === 0;
      const stored: [number, number] = [chunk.readUInt32BE(at + 16), chunk.readUInt32BE(at + 20)];
      const computed: [number, number] = [...seed];
      addToChecksum(computed, chunk, at, 8, isBigEndian);
      addToChecksum(computed, chunk, at + frameHeaderBytes, pageSize, isBigEndian);
      const isValid = hasSalts && computed[0] === stored[0] && computed[1] === stored[1];
      seed = stored;
      const page = chunk.readUInt32BE(at);
      const sizeAfterCommit = chunk.readUInt32BE(at + 4);
      if (!isValid) {
        isBroken = true;
        if (!hasSalts) hasForeignSalts = true;
      } else if (isBroken) {
        validAfterLast = sizeAfterCommit === 0;
        if (sizeAfterCommit > 0) behind += 1;
      } else {
        uncommitted.push(page);
        if (page === 1) {
          const counter = chunk.readUInt32BE(at + frameHeaderBytes + 24);
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
  const isTornTail = behind === 1 && !validAfterLast && hasForeignSalts;
  return {
    pageSize,
    transactions,
    transactionsBehind: isTornTail ? 0 : behind,
    databasePages,
    pages,
    changeCounters: counters,
  };
}

/** Adds bytes, a multiple of eight, to SQLite's checksum. */
function addToChecksum(
  sum: [number, number],
  bytes: Buffer,
  start: number,
  length: number,
  isBigEndian: boolean,
): void {
  let [first, second] = sum;
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, length);
  for (let at = 0; at < length; at += 8) {
    first = (first + view.getUint32(at, !isBigEndian) + second) | 0;
    second = (second + view.getUint32(at + 4, !isBigEndian) + first) | 0;
  }
  sum[0] = first >>> 0;
  sum[1] = second >>> 0;
}
