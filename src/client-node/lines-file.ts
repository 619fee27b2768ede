import { copyFile, link, open, rename, rm, type FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import { type Place, findPlace, isSamePlace } from "./place.js";
import { makeFolder, syncFolder } from "./sync-folder.js";

/** A file of lines that grows at its end and is replaced whole, and notices what others do to it. */
export class LinesFile {
  #handle: FileHandle | undefined;
  #place: Place | undefined;

  /** @param bytes the size that the file has, and that it is expected to keep. */
  constructor(
    readonly path: string,
    public bytes: number,
  ) {}

  /** Appends and syncs bytes. After a failure the file is cut to what it was, as far as possible. */
  async append(lines: Buffer, isSynced: boolean): Promise<void> {
    const handle = await this.open();
    try {
      await writeAll(handle, lines, this.bytes);
      if (isSynced) await handle.datasync();
    } catch (error) {
      // Messages of a failed write are sent all the same: those lines must not bring them back.
      await handle.truncate(this.bytes).catch(() => undefined);
      throw error;
    }
    this.bytes += lines.length;
  }

  /** Writes the whole file again, under another name first. */
  async replace(contents: Buffer): Promise<void> {
    const replacement = `${this.path}.new`;
    await makeFolder(dirname(this.path));
    const handle = await open(replacement, "w", 0o600);
    try {
      await writeAll(handle, contents, 0);
      await handle.sync();
      // Windows renames over no file that is open.
      await this.close();
      await rename(replacement, this.path);
    } catch (error) {
      await handle.close();
      // On a full disk its space is needed.
      await rm(replacement, { force: true }).catch(() => undefined);
      throw error;
    }
    await this.#use(handle);
    this.bytes = contents.length;
    await syncFolder(dirname(this.path));
  }

  /** Writes bytes over others, which needs no space. */
  async overwrite(at: number, bytes: Buffer): Promise<void> {
    await writeAll(await this.open(), bytes, at);
  }

  /** What happened to the file since it was opened; undefined if its path still names it, with the size that it should have. */
  async findChange(): Promise<string | undefined> {
    if (this.#place === undefined) return undefined;
    const found = await findPlace(this.path);
    if (found === undefined) return "deleted or moved";
    if (!isSamePlace(found, this.#place)) return "replaced by another file";
    return found.bytes === this.bytes ? undefined : "changed by another program";
  }

  /** Keeps what the path names as `….damaged-<time>`; returns that path, undefined if there is nothing to keep. */
  async keepAside(): Promise<string | undefined> {
    if ((await findPlace(this.path)) === undefined) return undefined;
    const copy = `${this.path}.damaged-${Date.now()}`;
    // A link needs no space; not every file system has them.
    await link(this.path, copy).catch(() => copyFile(this.path, copy));
    await syncFolder(dirname(this.path));
    return copy;
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Opens the existing file, so that it is known when its path no longer names it. */
  async open(): Promise<FileHandle> {
    return this.#handle ?? this.#use(await open(this.path, "r+"));
  }

  async #use(handle: FileHandle): Promise<FileHandle> {
    const { dev, ino, size } = await handle.stat({ bigint: true });
    this.#place = { device: dev, inode: ino, bytes: Number(size) };
    this.#handle = handle;
    return handle;
  }
}

async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += (await handle.write(bytes, at, bytes.length - at, position + at)).bytesWritten;
  }
}
