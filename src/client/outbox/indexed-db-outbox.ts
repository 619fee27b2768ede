import { ClientError } from "../client-error.js";
import {
  type IdbDatabase,
  type IdbStore,
  type WebLocks,
  findWebLocks,
  inTransaction,
  openIndexedDb,
  whenDone,
} from "./indexed-db.js";
import type { Outbox, OutboxChanges, OutboxContents, OutboxMessage, RejectedMessage } from "./outbox.js";
import { makeUuid } from "../uuid.js";

/** A waiting message: `place` counts up in the order in which messages were added, `owner` is the page that sends it. */
interface WaitingRow extends OutboxMessage {
  readonly place: number;
  readonly owner: string;
}

/**
 * Opens an outbox in the browser's IndexedDB, which survives a crash of the page, the browser and the machine. Several pages may have
 * it open at once: each sends its own messages, and takes over those of closed pages. Without Web Locks no page can tell which
 * others are closed, and takes over all messages; a message that two pages send is stored once.
 *
 * @param name the name of the outbox, unique in the site.
 * @throws ClientError `outbox_unreadable`.
 */
export async function openIndexedDbOutbox(name: string): Promise<Outbox> {
  let database: IdbDatabase | undefined;
  let reason = "this browser has no IndexedDB";
  try {
    database = await openIndexedDb(`telltale outbox ${name}`, (made) => {
      const waiting = made.createObjectStore("waiting", { keyPath: "place", autoIncrement: true });
      waiting.createIndex("id", "id", { unique: true });
      made.createObjectStore("rejected", { keyPath: "id" });
    });
  } catch (error) {
    reason = String(error);
  }
  if (database === undefined) {
    throw new ClientError(
      "outbox_unreadable",
      `The outbox cannot be opened (${reason}); pass another, or \`outbox: "memory"\` to do without.`,
    );
  }
  const owner = makeUuid();
  const locks = findWebLocks();
  const prefix = `telltale outbox ${name} `;
  const release = locks === undefined ? () => undefined : await holdLock(locks, prefix + owner);
  return new IndexedDbOutbox(database, owner, release, async (other) => {
    const { held = [] } = (await locks?.query()) ?? {};
    return held.some((lock) => lock.name === prefix + other);
  });
}

class IndexedDbOutbox implements Outbox {
  constructor(
    readonly database: IdbDatabase,
    /** Identifies this page. */
    readonly owner: string,
    readonly release: () => void,
    readonly isAlive: (owner: string) => Promise<boolean>,
  ) {}

  async read(): Promise<OutboxContents> {
    // A page holds its lock before it adds anything: an owner of messages without a lock is closed.
    const owners = await this.#change("relaxed", async (store) => {
      const rows = (await whenDone(store("waiting").getAll())) as WaitingRow[];
      return new Set(rows.map(({ owner }) => owner));
    });
    for (const owner of owners) if (await this.isAlive(owner)) owners.delete(owner);
    return this.#change("strict", async (store) => {
      const rows = (await whenDone(store("waiting").getAll())) as WaitingRow[];
      const waiting = rows.filter(({ owner }) => owners.has(owner));
      for (const row of waiting) store("waiting").put({ ...row, owner: this.owner });
      const rejected = (await whenDone(store("rejected").getAll())) as RejectedMessage[];
      return {
        waiting: waiting.map(messageOf),
        rejected: rejected.sort((a, b) => a.rejectedAt - b.rejectedAt),
      };
    });
  }

  async write({ added, removed, rejected, dismissed, suspected = [] }: OutboxChanges): Promise<void> {
    const isWorthSyncing = added.length + rejected.length + suspected.length > 0;
    await this.#change(isWorthSyncing ? "strict" : "relaxed", async (store) => {
      const waiting = store("waiting");
      await remove(waiting, [...removed, ...rejected.map(({ id }) => id)]);
      for (const message of added) waiting.add({ ...message, owner: this.owner });
      for (const { id, deaths } of suspected) await change(waiting, id, { deaths });
      for (const id of dismissed) store("rejected").delete(id);
      for (const message of rejected) store("rejected").put(message);
    });
  }

  close(): Promise<void> {
    this.database.close();
    this.release();
    return Promise.resolve();
  }

  #change<Result>(
    durability: "strict" | "relaxed",
    work: (store: (name: string) => IdbStore) => Promise<Result>,
  ): Promise<Result> {
    return inTransaction(this.database, ["waiting", "rejected"], durability, work);
  }
}

async function remove(waiting: IdbStore, ids: readonly string[]): Promise<void> {
  const places = await Promise.all(ids.map((id) => whenDone(waiting.index("id").getKey(id))));
  for (const place of places) if (place !== undefined) waiting.delete(place);
}

function messageOf({ id, session, type, frame, deaths }: WaitingRow): OutboxMessage {
  return { id, session, type, frame, ...(deaths === undefined ? {} : { deaths }) };
}

/** Changes members of a waiting message, if there is one with this id. */
async function change(waiting: IdbStore, id: string, members: Partial<WaitingRow>): Promise<void> {
  const row = await whenDone(waiting.index("id").get(id));
  if (row !== undefined) waiting.put({ ...(row as WaitingRow), ...members });
}

/** Holds a lock until the returned function is called or the page is closed. */
function holdLock(locks: WebLocks, name: string): Promise<() => void> {
  return new Promise((resolve, reject) => {
    const held = locks.request(
      name,
      () =>
        new Promise((release) => {
          resolve(release);
        }),
    );
    held.catch(reject);
  });
}
