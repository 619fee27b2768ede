import { type WalChecksum, addToChecksum, findFlippedBit, isOneBitApart } from "./wal-checksum.js";

/** The header of each frame of a write-ahead log, in bytes; a page follows. */
export const frameHeaderBytes = 24;

/** The bytes of the header that the checksum covers: the number of the page, and the size of the database after a commit. */
const summedBytes = 8;

/** A frame of a write-ahead log: https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
export class WalFrame {
  /**
   * @param bytes the header and the page.
   * @param seed the checksum stored in the frame before, or in the log's header.
   */
  constructor(
    readonly bytes: Buffer,
    readonly salts: Buffer,
    readonly seed: WalChecksum,
    readonly isBigEndian: boolean,
  ) {}

  get page(): number {
    return this.bytes.readUInt32BE(0);
  }

  /** The size of the database in pages after the transaction that this frame commits; 0 if it commits none. */
  get sizeAfterCommit(): number {
    return this.bytes.readUInt32BE(4);
  }

  /** Whether the frame has the salts of the log; one from before the log was restarted has others. */
  get hasSalts(): boolean {
    return this.salts.equals(this.bytes.subarray(8, 16));
  }

  get checksum(): WalChecksum {
    return [this.bytes.readUInt32BE(16), this.bytes.readUInt32BE(20)];
  }

  get isValid(): boolean {
    return this.hasSalts && this.#hasChecksum();
  }

  /**
   * Flips the one bit back, in `bytes`, that makes the frame invalid. A crash leaves a frame with its salts and a part of a page, which
   * more than one bit sets apart from what was written.
   *
   * @returns whether there is one.
   */
  mend(): boolean {
    const { bytes, salts, isBigEndian } = this;
    if (!this.hasSalts) {
      if (!isOneBitApart(salts, bytes.subarray(8, 16)) || !this.#hasChecksum()) return false;
      salts.copy(bytes, 8);
      return true;
    }
    const summed = Buffer.concat([bytes.subarray(0, summedBytes), bytes.subarray(frameHeaderBytes)]);
    const computed = this.#computeChecksum();
    const stored = Buffer.from(Uint32Array.from(computed).buffer);
    if (isOneBitApart(stored, Buffer.from(Uint32Array.from(this.checksum).buffer))) {
      bytes.writeUInt32BE(computed[0], 16);
      bytes.writeUInt32BE(computed[1], 20);
      return true;
    }
    const flipped = findFlippedBit(summed, computed, this.checksum, isBigEndian);
    if (flipped === undefined) return false;
    const at = flipped.at < summedBytes ? flipped.at : flipped.at - summedBytes + frameHeaderBytes;
    bytes[at] = (bytes[at] ?? 0) ^ flipped.mask;
    return true;
  }

  #hasChecksum(): boolean {
    const [first, second] = this.#computeChecksum();
    return first === this.checksum[0] && second === this.checksum[1];
  }

  #computeChecksum(): WalChecksum {
    const { bytes, seed, isBigEndian } = this;
    const sum = addToChecksum(seed, bytes.subarray(0, summedBytes), isBigEndian);
    return addToChecksum(sum, bytes.subarray(frameHeaderBytes), isBigEndian);
  }
}
