import type { EntityManager } from "typeorm";
import { DatabaseError, columnText, maximumInteger, placeholder, query } from "../database/index.js";

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** How many of several sessions are named to the user. */
const mostNamed = 3;

/**
 * The unique_id of the session that a user names: by its id, by its unique_id, by the beginning of its id, as far as only one
 * session has it, or as `last`, which was begun last; the first of these that fits counts.
 *
 * @throws DatabaseError `unknown_session`, `ambiguous_session`, or `bad_argument` for an address.
 */
export async function findMaster(manager: EntityManager, name: string): Promise<number> {
  // Its sentence repeats nothing of it: it may hold a password.
  if (name.includes("://")) {
    throw new DatabaseError("bad_argument", "A session's name is no address; name the database with --db.");
  }
  const select = (condition: string, value: string | number) =>
    query<{ unique_id: number; session_id: string }>(
      manager,
      `select unique_id, session_id from master where ${condition} order by unique_id limit ${mostNamed + 1}`,
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
  if (name === "last") {
    const [last] = await query<{ unique_id: number | null }>(
      manager,
      "select max(unique_id) as unique_id from master",
    );
    if (last?.unique_id != null) return last.unique_id;
    throw new DatabaseError("unknown_session", "There is no last session: the database holds none.");
  }
  // Not by `like`, for which % and _ are no plain characters.
  const begun = await select(
    `substr(session_id, 1, ${Array.from(name).length}) = ${first}`,
    name.toLowerCase(),
  );
  const [only] = begun;
  if (only === undefined) {
    throw new DatabaseError(
      "unknown_session",
      `There is no session ${name}; give its id, the beginning of its id, its unique_id in master, or last.`,
    );
  }
  if (begun.length === 1) return only.unique_id;
  const names = begun.slice(0, mostNamed).map(({ session_id }) => session_id);
  throw new DatabaseError(
    "ambiguous_session",
    `The ids of several sessions begin with ${name} (${names.join(", ")}${begun.length > mostNamed ? ", …" : ""}); give more of it.`,
  );
}

const pageSize = 200;

/** The unique_ids of every session, in their order, page by page. */
export async function* readMasters(
  read: <Result>(work: (manager: EntityManager) => Promise<Result>) => Promise<Result>,
): AsyncGenerator<number, undefined, undefined> {
  for (let last = 0; ;) {
    const sql = `select unique_id from master where unique_id > ${last} order by unique_id limit ${pageSize}`;
    const page = await read((manager) => query<{ unique_id: number }>(manager, sql));
    for (const { unique_id } of page) yield unique_id;
    const end = page.at(-1);
    if (end === undefined) return undefined;
    last = end.unique_id;
  }
}
