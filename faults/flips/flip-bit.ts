import { open, stat } from "node:fs/promises";
import type { Random } from "../random.js";

/** A bit of a file. */
export interface Bit {
  readonly byte: number;
  /** 0 to 7, the lowest first. */
  readonly bit: number;
}

/** Chooses a bit of a file, each with the same probability. */
export async function chooseBit(path: string, random: Random): Promise<Bit> {
  return { byte: random.whole(0, (await stat(path)).size - 1), bit: random.whole(0, 7) };
}

/** Flips a bit of a file in place; a second time restores it. */
export async function flipBit(path: string, { byte, bit }: Bit): Promise<void> {
  const file = await open(path, "r+");
  try {
    const value = Buffer.alloc(1);
    await file.read(value, 0, 1, byte);
    value[0] = (value[0] ?? 0) ^ (1 << bit);
    await file.write(value, 0, 1, byte);
  } finally {
    await file.close();
  }
}
