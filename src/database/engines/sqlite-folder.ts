import { mkdir, readFile, realpath, statfs } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { DatabaseError } from "../database-error.js";
import { mountOf } from "./mounts.js";

// Linux's numbers for network file systems (linux/magic.h): NFS, SMB, CIFS, SMB2, AFS, Ceph, 9P, Lustre.
const networkNumbers = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x01021997, 0x0bd00bd0,
]);

// Names of mounts: FUSE has one number for all, and local ones too (NTFS, encrypted folders).
const networkMount =
  /^(nfs4?|cifs|smb3|smbfs|afs|ceph|9p|lustre|webdav|davfs2?|fuse\.(sshfs|rclone|s3fs|gcsfuse|glusterfs|ceph|davfs2?|onedriver|google-drive-ocamlfuse|mount_webdav|seadrive))$/;

// Box's own folder; a lab's boxes have numbers.
const boxFolder = /^Box([ -](Box|Sync))?$/;

// A folder's name, also with an account behind it: "Dropbox (Personal)", "OneDrive - Lab", "GoogleDrive-me@example.org".
const syncedFolder =
  /^((dropbox|onedrive|google ?drive)([ -].*|\(.*)?|my drive|icloud ?drive|com~apple~clouddocs|mobile documents|nextcloud|owncloud|pcloud ?drive|seafile|seadrive|synology ?drive|cloudstation)$/i;

/**
 * Creates the folder of a SQLite file if it is missing.
 *
 * @throws DatabaseError `unsafe_folder` if SQLite's write-ahead log is not safe there: on another machine's disk, in memory, or
 *   where a program copies files while they are written. Links are followed first.
 */
export async function prepareFolder(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  requireLocal(path, await realPathOf(folder));
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
  if (networkNumbers.has((await statfs(folder)).type)) throw unsafe(path, "on a network drive");
  // Only Linux has this list.
  const mounts = await readFile("/proc/self/mountinfo", "utf8").catch(() => "");
  const mount = mountOf(await realpath(folder), mounts);
  if (mount !== undefined && networkMount.test(mount.type))
    throw unsafe(path, `on a network drive (${mount.type})`);
}

function requireLocal(path: string, folder: string): void {
  const synced = folder.split(sep).find((name) => syncedFolder.test(name) || boxFolder.test(name));
  if (synced !== undefined) throw unsafe(path, `in a folder that is synced (${synced})`);
  if (folder.startsWith("\\\\")) throw unsafe(path, "on a network drive");
  if (/^\/dev\/shm(\/|$)/.test(folder))
    throw new DatabaseError(
      "unsafe_folder",
      `${path} is in memory and lost when the machine restarts; choose a folder on a local disk with --db.`,
    );
}

/** The path behind the links of those parts of a path that exist. */
async function realPathOf(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    const parent = dirname(folder);
    return parent === folder ? folder : join(await realPathOf(parent), folder.slice(parent.length));
  }
}

function unsafe(path: string, where: string): DatabaseError {
  return new DatabaseError(
    "unsafe_folder",
    `${path} is ${where}, where a database can be damaged; choose a folder on a local disk with --db.`,
  );
}
