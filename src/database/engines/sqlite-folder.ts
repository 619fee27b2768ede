import { mkdir, statfs } from "node:fs/promises";
import { dirname, resolve, sep } from "node:path";
import { DatabaseError } from "../database-error.js";

// Linux's numbers for network file systems (linux/magic.h): NFS, SMB, CIFS, SMB2, AFS, Ceph.
const networkFileSystems = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400]);

const syncedFolder =
  /^(dropbox|onedrive( - .*)?|google ?drive|my drive|icloud ?drive|com~apple~clouddocs|nextcloud|owncloud|box sync|pcloud ?drive)$/i;

/**
 * Creates the folder of a SQLite file if it is missing.
 *
 * @throws DatabaseError `unsafe_folder` if SQLite's write-ahead log is not safe there: on another machine's disk, or where a
 *   program copies files while they are written.
 */
export async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const synced = folder.split(sep).find((name) => syncedFolder.test(name));
  if (synced !== undefined) throw unsafe(path, `in a folder that is synced (${synced})`);
  if (folder.startsWith("\\\\")) throw unsafe(path, "on a network drive");
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    throw new DatabaseError(
      "cannot_open",
      `The folder ${folder} cannot be created; choose another place with --db.`,
      {
        cause: error,
      },
    );
  }
  if (networkFileSystems.has((await statfs(folder)).type)) throw unsafe(path, "on a network drive");
}

function unsafe(path: string, where: string): DatabaseError {
  return new DatabaseError(
    "unsafe_folder",
    `${path} is ${where}, where a database can be damaged; choose a folder on a local disk with --db.`,
  );
}
