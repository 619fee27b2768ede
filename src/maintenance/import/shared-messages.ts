import type { EntityManager } from "typeorm";
import { type Read, pagesBySize, placeholders, query } from "../../database/index.js";
import { sameContent } from "../../protocol/index.js";

/** A session of a file contradicts the database; `message` says how. */
export class ImportConflict extends Error {
  override readonly name = "ImportConflict";
}

/** A session in the imported file. */
export interface SourceSession {
  readonly read: Read;
  /** The session's unique_id there. */
  readonly masterId: number;
}

/** The same session in the database that is imported into. */
export interface TargetSession {
  /** Of an open transaction that holds the session's lock. */
  readonly manager: EntityManager;
  /** The session's unique_id there. */
  readonly masterId: number;
}

interface MessageRow {
  readonly seq: number;
  readonly message_id: string;
  readonly message_type: string | null;
  readonly message_contents: Uint8Array | null;
}

const columns = ["seq", "message_id", "message_type", "message_contents"];

/**
 * Finds the messages of a session that the database has too, by their ids. The first messages match whatever their ids, since a
 * session has one setup.
 *
 * @returns the seq of the last message that both have; later ones are newer.
 * @throws ImportConflict when a message has other contents in the database, or the database lacks more than the newest messages.
 */
export async function findLastShared(source: SourceSession, target: TargetSession): Promise<number> {
  let [last, lastThere] = [0, 0];
  let missing: MessageRow | undefined;
  const pages = pagesBySize<MessageRow>(source.read, {
    columns,
    from: "replay_data",
    where: `master_table_id = ${source.masterId}`,
    order: "seq",
    bytes: "coalesce(length(message_contents), 0)",
  });
  for await (const page of pages) {
    const there = await findMessages(target, page);
    for (const message of page) {
      const same = there.get(message.message_id);
      if (same === undefined) {
        missing ??= message;
        continue;
      }
      if (!isSameMessage(message, same))
        throw new ImportConflict(`${nameOf(message)} has other contents in the database`);
      if (missing !== undefined)
        throw new ImportConflict(
          `the database lacks ${nameOf(missing)} but has the later ${nameOf(message)}`,
        );
      if (same.seq <= lastThere)
        throw new ImportConflict(`${nameOf(message)} is in another order in the database`);
      [last, lastThere] = [message.seq, same.seq];
    }
  }
  return last;
}

/** The database's messages that match those of the page, by their ids in the page. */
async function findMessages(
  { manager, masterId }: TargetSession,
  page: readonly MessageRow[],
): Promise<Map<string, MessageRow>> {
  const select = `select ${columns.join(", ")} from replay_data where master_table_id = ${masterId}`;
  const rows = await query<MessageRow>(
    manager,
    `${select} and message_id in ${placeholders(manager, 1, page.length)}`,
    page.map(({ message_id: id }) => id),
  );
  const found = new Map(rows.map((row) => [row.message_id, row]));
  const first = page[0];
  if (first?.seq === 1 && !found.has(first.message_id)) {
    const [begun] = await query<MessageRow>(manager, `${select} and seq = 1`);
    if (begun !== undefined) found.set(first.message_id, begun);
  }
  return found;
}

function isSameMessage(one: MessageRow, other: MessageRow): boolean {
  return one.message_type === other.message_type && sameContent(one.message_contents, other.message_contents);
}

function nameOf({ seq, message_id: id }: MessageRow): string {
  return `message ${seq} (${JSON.stringify(id)})`;
}
