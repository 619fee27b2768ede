import type { EntityManager } from "typeorm";
import type { EarlierDigests, MessageWrite, SessionWrite } from "../../derivation/index.js";
import { query } from "../sql.js";

/** A stored resume, as its reply needs it. */
export interface StoredResume {
  readonly write: MessageWrite;
  /** The unique_id of its session. */
  readonly masterId: number;
  readonly seq: number;
}

/** Reads the digests that the replies to resumes carry, once the messages of their transaction are inserted. */
export async function readEarlierDigests(
  manager: EntityManager,
  resumes: readonly StoredResume[],
): Promise<Map<SessionWrite | MessageWrite, EarlierDigests>> {
  if (resumes.length === 0) return new Map();
  const conditions = resumes.map(({ write: { knownSeq }, masterId, seq }) => {
    const isBefore = typeof knownSeq === "number" && knownSeq < seq;
    return `(master_table_id = ${masterId} and seq in (${seq - 1}${isBefore ? `, ${knownSeq}` : ""}))`;
  });
  const rows = await query<{ master_table_id: number; seq: number; digest: string | null }>(
    manager,
    `select master_table_id, seq, digest from replay_data where ${conditions.join(" or ")}`,
  );
  const digests = new Map(rows.map((row) => [`${row.master_table_id} ${row.seq}`, row.digest]));
  return new Map(
    resumes.map(({ write, masterId, seq }) => {
      const { knownSeq } = write;
      const known =
        typeof knownSeq === "number" && knownSeq < seq ? digests.get(`${masterId} ${knownSeq}`) : null;
      return [
        write,
        {
          last: digests.get(`${masterId} ${seq - 1}`) ?? "",
          known: typeof knownSeq === "number" ? (known ?? null) : undefined,
        },
      ];
    }),
  );
}
