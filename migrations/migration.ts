import type { MigrationInterface, QueryRunner } from "typeorm";

/** One step of the schema's history. */
export interface Migration extends MigrationInterface {
  /** The tables whose columns or rows the migration changes. */
  readonly touches: readonly string[];
  /** Whether the columns show that the migration was applied, for a database without a record of it. Changes nothing. */
  isApplied(queryRunner: QueryRunner): Promise<boolean>;
}
