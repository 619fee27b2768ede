import type { EntityManager } from "typeorm";
import {
  DatabaseError,
  type ReadOnlyStore,
  columnText,
  maximumInteger,
  pages,
  placeholder,
  query,
} from "../database/index.js";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** How many ids an error lists when a name fits several sessions. */
const maximumListedIds = 3;

/**
 * Finds the session that a user names, and returns its unique_id in master. A name is, in this order: an id, a unique_id, the
 * beginning of one session's id, or `last` for the session begun last.
 *
 * @throws DatabaseError `unknown_session`, `ambiguous_session`, or `bad_argument` for a database address.
 */
export async function findMaster(manager: EntityManager, name: string): Promise<number> {
  // The sentence does not repeat the address: it may hold a password.
  if (name.includes("://")) {
    throw new DatabaseError(
      "bad_argument",
      "An address does not name a session; give the database's address with --db.",
    );
  }
  const select = (condition: string, value: string | number) =>
    query<{ unique_id: number; session_id: string }>(
      manager,
      `select unique_id, session_id from master where ${condition} order by unique_id limit ${maximumListedIds + 1}`,
      [typeof value === "string" ? columnText(value) : value],
    );
  if (name === "") throw new DatabaseError("unknown_session", "The name of a session must not be empty.");
  const first = placeholder(manager, 0);
  const sessionId = uuid.test(name) ? name.toLowerCase() : name;
  const [exact] = await select(`session_id = ${first}`, sessionId);
  if (exact !== undefined) return exact.unique_id;
  const isId = /^[0-9]+$/.test(name) && Number(name) <= maximumInteger;
  const [numbered] = isId ? await select(`unique_id = ${first}`, Number(name)) : [];
  if (numbered !== undefined) return numbered.unique_id;
  if (name === "last") return findLast(manager);
  // Not `like`, which takes % and _ as wildcards.
  const matches = await select(
    `substr(session_id, 1, ${Array.from(name).length}) = ${first}`,
    name.toLowerCase(),
  );
  const [only] = matches;
  if (only === undefined) {
    throw new DatabaseError(
      "unknown_session",
      `There is no session ${name}; give its id, the beginning of its id, its unique_id in master, or last.`,
    );
  }
  if (matches.length === 1) return only.unique_id;
  const ids = matches.slice(0, maximumListedIds).map(({ session_id }) => session_id);
  throw new DatabaseError(
    "ambiguous_session",
    `The ids of several sessions begin with ${name} (${ids.join(", ")}${matches.length > maximumListedIds ? ", …" : ""}); give more characters.`,
  );
}

async function findLast(manager: EntityManager): Promise<number> {
  const [last] = await query<{ unique_id: number | null }>(
    manager,
    "select max(unique_id) as unique_id from master",
  );
  if (last?.unique_id != null) return last.unique_id;
  throw new DatabaseError("unknown_session", "The database holds no sessions, so there is no last one.");
}

/** A session found by name. */
export interface LocatedSession {
  /** Its unique_id in master. */
  readonly masterId: number;
  /** The seq of its last message. */
  readonly lastSeq: number;
}

/**
 * Finds the session that a user names without counting its trials; see {@link findMaster}.
 *
 * @throws DatabaseError as findMaster, or `unavailable`.
 */
export function locateSession(store: ReadOnlyStore, name: string): Promise<LocatedSession> {
  return store.readScope(async (manager) => {
    const masterId = await findMaster(manager, name);
    const [row] = await query<{ last_seq: number }>(
      manager,
      `select last_seq from master where unique_id = ${masterId}`,
    );
    return { masterId, lastSeq: row?.last_seq ?? 0 };
  });
}

const pageSize = 200;

/** The unique_ids of all sessions, in order, read page by page. */
export async function* readMasters(
  read: <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>,
): AsyncGenerator<number, undefined, undefined> {
  const readPage = (after: number, size: number) =>
    read((manager) =>
      query<{ unique_id: number }>(
        manager,
        `select unique_id from master where unique_id > ${after} order by unique_id limit ${size}`,
      ),
    );
  for await (const page of pages(readPage, ({ unique_id }) => unique_id, pageSize)) {
    for (const { unique_id } of page) yield unique_id;
  }
}
