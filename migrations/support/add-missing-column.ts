import type { QueryRunner } from "typeorm";

/** Adds a column unless the table has it: files are mixtures, since AEPsych itself adds what it misses. */
export async function addMissingColumn(
  queryRunner: QueryRunner,
  table: string,
  column: string,
  type: string,
): Promise<void> {
  if (await queryRunner.hasColumn(table, column)) return;
  await queryRunner.query(`ALTER TABLE ${table} ADD COLUMN ${column} ${type}`);
}
