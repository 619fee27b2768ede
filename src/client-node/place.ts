import { stat } from "node:fs/promises";

/** Identifies a file on this machine, whatever its name. */
export interface Place {
  readonly device: bigint;
  readonly inode: bigint;
  readonly bytes: number;
}

/** The file that a path names; undefined if it names none. */
export async function findPlace(path: string): Promise<Place | undefined> {
  const found = await stat(path, { bigint: true }).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
      return undefined;
    }
    throw error;
  });
  return found && { device: found.dev, inode: found.ino, bytes: Number(found.size) };
}

export function isSamePlace(one: Place | undefined, other: Place | undefined): boolean {
  return one !== undefined && one.device === other?.device && one.inode === other.inode;
}
