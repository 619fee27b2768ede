import { type ReadOnlyStore, query } from "../database/index.js";
import { findMaster } from "../queries/index.js";

/** Where the messages of a session are. */
export interface FoundSession {
  /** Its unique_id in master. */
  readonly masterId: number;
  /** The seq of its last message. */
  readonly lastSeq: number;
}

/**
 * The session that a user names, read without counting anything of it; see `findSession` of src/queries.
 *
 * @throws DatabaseError `unknown_session`, `ambiguous_session`, or `unavailable`.
 */
export function locateSession(archive: ReadOnlyStore, name: string): Promise<FoundSession> {
  return archive.readScope(async (manager) => {
    const masterId = await findMaster(manager, name);
    const [row] = await query<{ last_seq: number }>(
      manager,
      `select last_seq from master where unique_id = ${masterId}`,
    );
    return { masterId, lastSeq: row?.last_seq ?? 0 };
  });
}
