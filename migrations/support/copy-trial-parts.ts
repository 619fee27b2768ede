import type { QueryRunner } from "typeorm";
import type { OldSessions } from "./old-sessions.js";
import { oldName } from "./old-tables.js";
import { countRows, insertRows, nextId } from "./rows.js";
import { isSqlite, run } from "./schema.js";

/** Copies the parameters and outcomes of old trials; without pickles, they need only SQL. */
export class TrialPartCopy {
  #strayTrial: number | undefined;

  constructor(
    readonly queryRunner: QueryRunner,
    readonly sessions: OldSessions,
  ) {}

  /** How many trials were added for parameters and outcomes without one. */
  get addedTrials(): number {
    return this.#strayTrial === undefined ? 0 : 1;
  }

  /** Copies all rows of a table, and returns their number. */
  async copy(table: "param_data" | "outcome_data", columns: readonly string[]): Promise<number> {
    const total = await countRows(this.queryRunner, oldName(table));
    if (total === 0) return 0;
    const stray = await this.#strayTrialOf(table);
    const values = columns.map((column) => this.#expression(column));
    const trial = `CASE WHEN iteration_id IN (SELECT unique_id FROM raw_data) THEN iteration_id ELSE ${stray ?? "NULL"} END`;
    await run(
      this.queryRunner,
      `INSERT INTO ${table} (unique_id, ${columns.join(", ")}, iteration_id)
       SELECT unique_id, ${values.join(", ")}, ${trial} FROM ${oldName(table)} ORDER BY unique_id`,
    );
    return total;
  }

  #expression(column: string): string {
    const sqlite = isSqlite(this.queryRunner);
    // SQLite's columns of doubles can hold text, and cannot hold NaN.
    if (column === "outcome_text")
      return sqlite ? "CASE WHEN typeof(outcome_value) IN ('text', 'blob') THEN outcome_value END" : "NULL";
    if (column !== "outcome_value") return column;
    return sqlite
      ? "CASE WHEN typeof(outcome_value) NOT IN ('text', 'blob') THEN outcome_value END"
      : "nullif(outcome_value, 'NaN')";
  }

  /** The trial that is added for parameters and outcomes without one; undefined if all of them have one. */
  async #strayTrialOf(table: string): Promise<number | undefined> {
    if (this.#strayTrial !== undefined) return this.#strayTrial;
    const [stray] = (await this.queryRunner.query(
      `SELECT unique_id FROM ${oldName(table)}
       WHERE iteration_id IS NULL OR iteration_id NOT IN (SELECT unique_id FROM raw_data) LIMIT 1`,
    )) as unknown[];
    if (stray === undefined) return undefined;
    const master = await this.sessions.masterOf(null);
    this.#strayTrial = await nextId(this.queryRunner, "raw_data");
    await insertRows(
      this.queryRunner,
      "raw_data",
      ["unique_id", "master_table_id"],
      [[this.#strayTrial, master]],
    );
    return this.#strayTrial;
  }
}
