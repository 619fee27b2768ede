import type { QueryRunner } from "typeorm";

/** Whether every one of these tables has these columns. */
export async function hasColumns(
  queryRunner: QueryRunner,
  columns: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  for (const [table, names] of Object.entries(columns)) {
    if (!(await queryRunner.hasTable(table))) return false;
    for (const name of names) {
      if (!(await queryRunner.hasColumn(table, name))) return false;
    }
  }
  return true;
}
