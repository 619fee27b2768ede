import { copyFile, mkdir, open, readFile, rename, type FileHandle } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  ClientError,
  type Outbox,
  type OutboxChanges,
  type OutboxContents,
  type OutboxMessage,
  type RejectedMessage,
} from "../client/index.js";
import { FileLock } from "./file-lock.js";
import {
  type Kept,
  type OutboxFileContents,
  formatAdded,
  formatChanges,
  formatRejected,
  header,
  readOutboxFile,
} from "./outbox-file.js";

/** Smaller files are not compacted. */
const compactFromBytes = 1024 * 1024;

/**
 * Opens an outbox in a file, and creates the file if it is missing. Each step is appended and synced to the disk. A file that is more
 * than half obsolete is compacted: written again under another name, then renamed.
 *
 * @throws ClientError `outbox_in_use` while another program has it open, `outbox_unreadable` if it cannot be read or is not an outbox.
 */
export async function openFileOutbox(path: string): Promise<FileOutbox> {
  const file = resolve(path);
  let lock: FileLock | undefined;
  try {
    await mkdir(dirname(file), { recursive: true });
    lock = await FileLock.take(`${file}.lock`);
    return new FileOutbox(file, lock, await load(file));
  } catch (error) {
    await lock?.release();
    if (error instanceof ClientError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new ClientError("outbox_unreadable", `The outbox ${path} cannot be opened: ${reason}.`);
  }
}

interface Loaded extends OutboxFileContents {
  readonly bytes: number;
  readonly damagedCopy: string | undefined;
}

async function load(path: string): Promise<Loaded> {
  const file = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const contents = readOutboxFile(file);
  if (contents === undefined) {
    throw new ClientError("outbox_unreadable", `${path} is not an outbox; pass the path of another file.`);
  }
  let damagedCopy: string | undefined;
  if (contents.damagedLines > 0) {
    damagedCopy = `${path}.damaged-${Date.now()}`;
    await copyFile(path, damagedCopy);
  }
  return { ...contents, bytes: file.length, damagedCopy };
}

/** See {@link openFileOutbox}. */
export class FileOutbox implements Outbox {
  /** The copy of a damaged file, made before the file was compacted; undefined if no line was damaged. */
  readonly damagedCopy: string | undefined;
  readonly #waiting: Map<string, Kept<OutboxMessage>>;
  readonly #rejected: Map<string, Kept<RejectedMessage>>;
  #bytes: number;
  #handle: FileHandle | undefined;
  /** Whether the file must be written again before anything is appended. */
  #mustRewrite: boolean;

  /** @internal */
  constructor(
    readonly path: string,
    readonly lock: FileLock,
    { waiting, rejected, bytes, isTorn, damagedLines, damagedCopy }: Loaded,
  ) {
    this.#waiting = waiting;
    this.#rejected = rejected;
    this.#bytes = bytes;
    this.#mustRewrite = isTorn || damagedLines > 0;
    this.damagedCopy = damagedCopy;
  }

  read(): Promise<OutboxContents> {
    const messages = <Message>(kept: Map<string, Kept<Message>>) =>
      [...kept.values()].map(({ message }) => message);
    return Promise.resolve({ waiting: messages(this.#waiting), rejected: messages(this.#rejected) });
  }

  async write(changes: OutboxChanges): Promise<void> {
    this.#apply(changes);
    try {
      if (this.#mustRewrite || this.#isMostlyObsolete) await this.#rewrite();
      else await this.#append(changes);
    } catch (error) {
      // After a failure the contents of the file are unknown.
      this.#mustRewrite = true;
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    await this.lock.release();
  }

  #apply({ added, removed, rejected, dismissed }: OutboxChanges): void {
    for (const id of removed) this.#waiting.delete(id);
    for (const id of dismissed) this.#rejected.delete(id);
    for (const message of added) this.#waiting.set(message.id, keep(message));
    for (const message of rejected) {
      this.#waiting.delete(message.id);
      this.#rejected.set(message.id, keep(message));
    }
  }

  get #isMostlyObsolete(): boolean {
    if (this.#bytes < compactFromBytes) return false;
    let live = 0;
    for (const { bytes } of this.#waiting.values()) live += bytes;
    for (const { bytes } of this.#rejected.values()) live += bytes;
    return this.#bytes > 2 * live;
  }

  async #append(changes: OutboxChanges): Promise<void> {
    this.#handle ??= await open(this.path, "a");
    const lines = formatChanges(changes);
    await writeAll(this.#handle, lines);
    this.#bytes += lines.length;
    // A removed message may reappear after a crash: it is sent again, and recognized by its id.
    if (changes.added.length > 0 || changes.rejected.length > 0) await this.#handle.datasync();
  }

  async #rewrite(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    const lines = Buffer.concat([
      header,
      ...[...this.#waiting.values()].map(({ message }) => formatAdded(message)),
      ...[...this.#rejected.values()].map(({ message }) => formatRejected(message)),
    ]);
    const replacement = `${this.path}.new`;
    const handle = await open(replacement, "w", 0o600);
    try {
      await writeAll(handle, lines);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(replacement, this.path);
    await syncFolder(dirname(this.path));
    this.#bytes = lines.length;
    this.#mustRewrite = false;
  }
}

/** Notes the approximate size of a message in the file. */
function keep<Message extends OutboxMessage>(message: Message): Kept<Message> {
  return { message, bytes: message.frame.length + 200 };
}

async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await handle.write(bytes, at)).bytesWritten;
}

/** Makes a new name in the folder survive a crash. Windows cannot sync a folder and need not. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r").catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
