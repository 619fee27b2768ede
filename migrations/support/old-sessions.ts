import type { QueryRunner } from "typeorm";
import { oldColumns } from "./old-columns.js";
import { oldName } from "./old-tables.js";
import { insertRows, nextId, readRow } from "./rows.js";
import { SessionIds } from "./session-id.js";
import type { Stored } from "./stored.js";

/** The value of `master.source` for a session that AEPsych recorded. */
export const source = "AEPsych";

/** The sessions of an old file: their new ids, and the session of each row. */
export class OldSessions {
  readonly #ids = new SessionIds();
  readonly #masters = new Set<number>();
  #strayMaster: number | undefined;

  constructor(readonly queryRunner: QueryRunner) {}

  /** How many masters were added for rows without one. */
  get added(): number {
    return this.#strayMaster === undefined ? 0 : 1;
  }

  /**
   * Adds a session of the file, and returns its session id.
   *
   * @param first the unique_id of its first message; undefined if it has none.
   */
  add(
    master: number,
    first: number | undefined,
    experimentId: Stored,
    participantId: Stored,
  ): Promise<string> {
    this.#masters.add(master);
    return this.#makeId(first, experimentId, participantId);
  }

  /**
   * The master of a row: its own, or the one that is added for all rows without a master.
   *
   * @param message the row's id if it is a message.
   */
  async masterOf(stored: Stored, message?: number): Promise<number> {
    if (typeof stored === "number" && this.#masters.has(stored)) return stored;
    if (this.#strayMaster !== undefined) return this.#strayMaster;
    const sessionId = await this.#makeId(message, null, null);
    this.#strayMaster = await nextId(this.queryRunner, "master");
    await insertRows(
      this.queryRunner,
      "master",
      ["unique_id", "session_id", "last_seq", "source"],
      [[this.#strayMaster, sessionId, 0, source]],
    );
    return this.#strayMaster;
  }

  async #makeId(first: number | undefined, experimentId: Stored, participantId: Stored): Promise<string> {
    const { message_contents, timestamp } = oldColumns.replay_data;
    const row =
      first === undefined
        ? undefined
        : await readRow(this.queryRunner, oldName("replay_data"), { message_contents, timestamp }, first);
    return this.#ids.give({
      message: row?.message_contents ?? null,
      timestamp: row?.timestamp ?? null,
      experimentId,
      participantId,
    });
  }
}
