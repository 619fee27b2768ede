/** The checksum of a write-ahead log: two sums of 32 bits; that of each frame goes on from that of the frame before. */
export type WalChecksum = readonly [number, number];

/** Adds bytes, a multiple of eight, to a checksum. */
export function addToChecksum(sum: WalChecksum, bytes: Buffer, isBigEndian: boolean): WalChecksum {
  let [first, second] = sum;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + view.getUint32(at, !isBigEndian) + second) | 0;
    second = (second + view.getUint32(at + 4, !isBigEndian) + first) | 0;
  }
  return [first >>> 0, second >>> 0];
}

/**
 * Finds the one bit whose flip explains why bytes have another checksum than they should. The sums are linear: a word of four bytes that
 * is wrong by `d` changes them by `d` times two successive Fibonacci numbers, which depend on how many words follow it.
 *
 * @param bytes the bytes summed, whose checksum is `computed`.
 * @returns the byte with that bit; undefined if more than one bit is wrong.
 */
export function findFlippedBit(
  bytes: Buffer,
  computed: WalChecksum,
  right: WalChecksum,
  isBigEndian: boolean,
): { readonly at: number; readonly mask: number } | undefined {
  const missing = [(right[0] - computed[0]) | 0, (right[1] - computed[1]) | 0];
  let factors: WalChecksum = [0, 1];
  for (let at = bytes.length - 4; at >= 0; at -= 4) {
    const word = isBigEndian ? bytes.readInt32BE(at) : bytes.readInt32LE(at);
    for (let bit = 0; bit < 32; bit += 1) {
      const added = ((word ^ (1 << bit)) - word) | 0;
      if (Math.imul(added, factors[0]) !== missing[0] || Math.imul(added, factors[1]) !== missing[1])
        continue;
      const byte = isBigEndian ? 3 - (bit >> 3) : bit >> 3;
      return { at: at + byte, mask: 1 << (bit & 7) };
    }
    factors = [factors[1], (factors[0] + factors[1]) | 0];
  }
  return undefined;
}

/** Whether two buffers of the same length differ in a single bit. */
export function isOneBitApart(one: Uint8Array, other: Uint8Array): boolean {
  let count = 0;
  for (const [index, byte] of one.entries())
    for (let left = byte ^ (other[index] ?? 0); left !== 0; left &= left - 1) count += 1;
  return count === 1;
}
