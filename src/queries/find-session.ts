import type { EntityManager } from "typeorm";
import {
  DatabaseError,
  type ReadOnlyStore,
  columnText,
  pages,
  placeholder,
  query,
} from "../database/index.js";
import { readSessionName } from "./session-name.js";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** How many ids an error lists when a name fits several sessions. */
const maximumListedIds = 3;

interface NamedRow {
  readonly unique_id: number;
  readonly session_id: string;
}

/**
 * Finds the session that a user names, and returns its unique_id in master; see {@link readSessionName}. Digits name a unique_id. If
 * they are the beginning of another session's id too, the name is refused with both readings.
 *
 * @throws DatabaseError `unknown_session`, `ambiguous_session`, or `bad_argument` for a database address.
 */
export async function findMaster(manager: EntityManager, text: string): Promise<number> {
  const name = readSessionName(text);
  if (name.kind === "last") return findLast(manager);
  const numbered = name.kind === "id" ? undefined : await findNumbered(manager, name.uniqueId);
  const begun = name.kind === "unique_id" ? [] : await findBegun(manager, name.beginning);
  if (name.kind === "digits") {
    const other = begun.find(({ unique_id }) => unique_id !== numbered?.unique_id);
    if (other !== undefined) throw explainDigits(text, numbered, other);
  }
  const [only = numbered] = begun;
  if (only === undefined) {
    throw new DatabaseError(
      "unknown_session",
      `There is no session ${text}; give its id, the beginning of its id, its unique_id in master, or last.`,
    );
  }
  if (begun.length <= 1) return only.unique_id;
  const ids = begun.slice(0, maximumListedIds).map(({ session_id }) => session_id);
  throw new DatabaseError(
    "ambiguous_session",
    `The ids of several sessions begin with ${text} (${ids.join(", ")}${begun.length > maximumListedIds ? ", …" : ""}); give more characters.`,
  );
}

function explainDigits(text: string, numbered: NamedRow | undefined, other: NamedRow): DatabaseError {
  const asBeginning = `the beginning of the id ${other.session_id} (id:${text})`;
  return numbered === undefined
    ? new DatabaseError(
        "unknown_session",
        `No session has the unique_id ${text}, but it is ${asBeginning}; write the one you mean as in parentheses.`,
      )
    : new DatabaseError(
        "ambiguous_session",
        `${text} is the unique_id of the session ${numbered.session_id} (unique_id:${text}) and ${asBeginning}; write the one you mean as in parentheses.`,
      );
}

async function findNumbered(manager: EntityManager, uniqueId: number): Promise<NamedRow | undefined> {
  const [row] = await query<NamedRow>(
    manager,
    `select unique_id, session_id from master where unique_id = ${uniqueId}`,
  );
  return row;
}

/** The session with this id, else those whose ids begin with it, in the order of unique_id; no more than an error lists and one. */
async function findBegun(manager: EntityManager, text: string): Promise<NamedRow[]> {
  const select = (condition: string, value: string) =>
    query<NamedRow>(
      manager,
      `select unique_id, session_id from master where ${condition} = ${placeholder(manager, 0)}
       order by unique_id limit ${maximumListedIds + 1}`,
      [columnText(value)],
    );
  const exact = await select("session_id", uuid.test(text) ? text.toLowerCase() : text);
  // Not `like`, which takes % and _ as wildcards.
  return exact.length > 0
    ? exact
    : select(`substr(session_id, 1, ${Array.from(text).length})`, text.toLowerCase());
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
