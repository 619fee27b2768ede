import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import {
  ClientError,
  type Outbox,
  type OutboxChanges,
  type OutboxContents,
  type OutboxDamage,
  type OutboxMessage,
  type RejectedMessage,
} from "../client/index.js";
import { FileLock } from "./file-lock.js";
import { LinesFile } from "./lines-file.js";
import {
  type FormattedLine,
  type Kept,
  type OutboxFileContents,
  formatLines,
  header,
  readOutboxFile,
} from "./outbox-file.js";
import { markOffset, removedMark } from "./outbox-line.js";
import { makeFolder } from "./sync-folder.js";

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
    await makeFolder(dirname(file));
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
  readonly file: LinesFile;
  readonly damagedCopy: string | undefined;
}

async function load(path: string): Promise<Loaded> {
  const bytes = await readFile(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return Buffer.alloc(0);
    throw error;
  });
  const contents = readOutboxFile(bytes);
  if (contents === undefined) {
    throw new ClientError("outbox_unreadable", `${path} is not an outbox; pass the path of another file.`);
  }
  const file = new LinesFile(path, bytes.length);
  if (bytes.length > 0) await file.open();
  return { ...contents, file, damagedCopy: contents.damagedLines > 0 ? await file.keepAside() : undefined };
}

/** See {@link openFileOutbox}. */
export class FileOutbox implements Outbox {
  /** The damage that was found when the file was opened. */
  readonly damage: OutboxDamage | undefined;
  readonly #waiting: Map<string, OutboxMessage>;
  readonly #rejected: Map<string, RejectedMessage>;
  /** The line of each message in the file. */
  readonly #lines = new Map<string, { readonly at: number; readonly bytes: number }>();
  readonly #file: LinesFile;
  #lock: FileLock;
  /** Whether the file must be written again before anything is appended. */
  #mustRewrite: boolean;
  #onDamage: (damage: OutboxDamage) => void = () => undefined;

  /** @internal */
  constructor(
    readonly path: string,
    lock: FileLock,
    { waiting, rejected, file, isTorn, damagedLines, missing, damagedCopy }: Loaded,
  ) {
    this.#lock = lock;
    this.#file = file;
    this.#waiting = this.#takeIn(waiting);
    this.#rejected = this.#takeIn(rejected);
    this.#mustRewrite = isTorn || damagedLines > 0;
    const reason = `${damagedLines} lines of the outbox ${path} were damaged; a copy is ${String(damagedCopy)}.`;
    if (damagedLines > 0) this.damage = { reason, missing, copy: damagedCopy };
  }

  /** The copy of a damaged file, made before the file was written again; undefined if no line was damaged. */
  get damagedCopy(): string | undefined {
    return this.damage?.copy;
  }

  async read(onDamage: (damage: OutboxDamage) => void = () => undefined): Promise<OutboxContents> {
    this.#onDamage = onDamage;
    if (this.damage !== undefined) {
      onDamage(this.damage);
      // A file that cannot be written now is written with the first change, and that failure is reported.
      await this.#rewrite().catch(() => undefined);
    }
    return { waiting: [...this.#waiting.values()], rejected: [...this.#rejected.values()] };
  }

  async write(changes: OutboxChanges): Promise<void> {
    this.#apply(changes);
    // Nothing was ever written, and nothing is to be.
    if (this.#file.bytes === 0 && Object.values(changes).every((ids: readonly unknown[]) => ids.length === 0))
      return;
    try {
      // Before, because bytes that are appended hide that the file was cut; after, because it may have gone meanwhile.
      if (!(await this.#replaceIfChanged())) {
        if (this.#mustRewrite || this.#isMostlyObsolete) await this.#rewrite();
        else await this.#append(changes);
        await this.#replaceIfChanged();
      }
      for (const id of [...changes.removed, ...changes.dismissed]) this.#forget(id);
    } catch (error) {
      // After a failure the contents of the file are unknown.
      this.#mustRewrite = true;
      await this.#markRemoved([...changes.removed, ...changes.dismissed]);
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
    await this.#lock.release();
  }

  #takeIn<Message extends OutboxMessage>(kept: Map<string, Kept<Message>>): Map<string, Message> {
    for (const [id, { at, bytes }] of kept) this.#lines.set(id, { at, bytes });
    return new Map([...kept].map(([id, { message }]) => [id, message]));
  }

  #apply({ added, removed, rejected, dismissed, suspected = [] }: OutboxChanges): void {
    for (const id of removed) this.#waiting.delete(id);
    for (const id of dismissed) this.#rejected.delete(id);
    for (const message of added) this.#waiting.set(message.id, message);
    for (const message of rejected) {
      this.#waiting.delete(message.id);
      this.#rejected.set(message.id, message);
    }
    for (const { id, deaths } of suspected) {
      const message = this.#waiting.get(id);
      if (message !== undefined) this.#waiting.set(id, { ...message, deaths });
    }
  }

  get #isMostlyObsolete(): boolean {
    if (this.#file.bytes < compactFromBytes) return false;
    let live = 0;
    for (const { bytes } of this.#lines.values()) live += bytes;
    return this.#file.bytes > 2 * live;
  }

  async #append(changes: OutboxChanges): Promise<void> {
    const lines = formatLines(changes);
    if (lines.length === 0) return;
    const at = this.#file.bytes;
    // A removed message may reappear after a crash: it is sent again, and recognized by its id.
    const { added, rejected, suspected = [] } = changes;
    const isSynced = added.length + rejected.length + suspected.length > 0;
    await this.#file.append(Buffer.concat(lines.map(({ line }) => line)), isSynced);
    this.#noteLines(lines, at);
  }

  async #rewrite(): Promise<void> {
    const added = [...this.#waiting.values()];
    const lines = formatLines({ added, rejected: [...this.#rejected.values()], removed: [], dismissed: [] });
    await this.#file.replace(Buffer.concat([header, ...lines.map(({ line }) => line)]));
    this.#lines.clear();
    this.#noteLines(lines, header.length);
    this.#mustRewrite = false;
  }

  #noteLines(lines: readonly FormattedLine[], from: number): void {
    let at = from;
    for (const { line, added, rejected } of lines) {
      const message = added ?? rejected;
      if (message !== undefined) this.#lines.set(message.id, { at, bytes: line.length });
      at += line.length;
    }
  }

  /**
   * Notices that the file was deleted, moved or changed, keeps aside what is there, and writes a new one with all messages; returns
   * whether it has.
   */
  async #replaceIfChanged(): Promise<boolean> {
    const [change, isLocked] = [await this.#file.findChange(), await this.#lock.isInPlace()];
    if (change === undefined && isLocked) return false;
    await makeFolder(dirname(this.path));
    if (!isLocked) {
      await this.#lock.release();
      this.#lock = await FileLock.take(`${this.path}.lock`);
    }
    if (change === undefined) return false;
    const copy = await this.#file.keepAside();
    await this.#file.close();
    await this.#rewrite();
    this.#onDamage({
      reason: `The outbox ${this.path} was ${change}; a new file has all messages that this program still keeps.`,
      missing: [],
      copy,
    });
    return true;
  }

  #forget(id: string): void {
    if (!this.#waiting.has(id) && !this.#rejected.has(id)) this.#lines.delete(id);
  }

  /** Removes messages from a file to which nothing can be appended. */
  async #markRemoved(ids: readonly string[]): Promise<void> {
    try {
      if ((await this.#file.findChange()) !== undefined) return;
      for (const id of ids) {
        const line = this.#lines.get(id);
        if (line === undefined || this.#waiting.has(id) || this.#rejected.has(id)) continue;
        await this.#file.overwrite(line.at + markOffset, removedMark);
        this.#lines.delete(id);
      }
    } catch {
      // The failure of the write is reported; what stays is sent again, and recognized by its id.
    }
  }
}
