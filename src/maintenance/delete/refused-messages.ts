import { type Read, pagesBySize } from "../../database/index.js";
import { nameMatcher, participantMatcher } from "./name-matchers.js";
import { readText } from "./read-text.js";

interface RefusedRow {
  readonly unique_id: number;
  readonly reason: string;
  readonly contents: Uint8Array | null;
  readonly is_of_participant: number | string;
}

/**
 * Finds the refused messages that name a session or its participant and belong to another session or none. Those of a session that the
 * participant keeps are left to that session, unless they name this one.
 */
export class RefusedMessages {
  readonly #found: number[] = [];
  #last = 0;

  private constructor(
    readonly masterId: number,
    readonly namesSession: (text: string) => boolean,
    readonly namesParticipant: (text: string) => boolean,
  ) {}

  /** Begins with the refused messages that are there now. */
  static async of(read: Read, masterId: number): Promise<RefusedMessages> {
    const [session] = await read<{ session_id: string; participant_id: string | null }>(
      `select session_id, participant_id from master where unique_id = ${masterId}`,
    );
    const refused = new RefusedMessages(
      masterId,
      nameMatcher(session?.session_id ?? ""),
      participantMatcher(session?.participant_id ?? ""),
    );
    await refused.find(read);
    return refused;
  }

  /** Looks through those that came since the last call; returns the unique_ids of all that were found. */
  async find(read: Read): Promise<readonly number[]> {
    const pages = pagesBySize<RefusedRow>(read, {
      columns: [
        "unique_id",
        "reason",
        "contents",
        `(select count(*) from master as its join master as deleted on deleted.participant_id = its.participant_id
          where its.unique_id = master_table_id and deleted.unique_id = ${this.masterId}) as is_of_participant`,
      ],
      from: "rejected_data",
      where: `unique_id > ${this.#last} and (master_table_id is null or master_table_id <> ${this.masterId})`,
      order: "unique_id",
      bytes: "coalesce(length(contents), 0)",
    });
    for await (const page of pages) {
      for (const row of page) {
        this.#last = row.unique_id;
        if (this.#isNaming(row)) this.#found.push(row.unique_id);
      }
    }
    return this.#found;
  }

  #isNaming({ reason, contents, is_of_participant: isOfParticipant }: RefusedRow): boolean {
    const texts = [reason, ...(contents === null ? [] : [readText(contents)])];
    const isKept = Number(isOfParticipant) > 0;
    return texts.some((text) => this.namesSession(text) || (!isKept && this.namesParticipant(text)));
  }
}
