import type { DataSource } from "typeorm";

/** The columns in which a pickle that cannot be read is kept, and how to find those rows. */
const keptPickles = [
  ["strat_data", "strat", "coding = 'pickle'"],
  ["config_data", "config", `config like '{"$bytes":%'`],
  ["replay_data", "extra_info", `extra_info like '{"$bytes":%'`],
  ["raw_data", "extra_data", `extra_data like '{"$bytes":%'`],
] as const;

/** Describes what is still a pickle after an upgrade, a sentence for each row. */
export async function describeKeptPickles(dataSource: DataSource): Promise<string[]> {
  const messages = await dataSource.query<{ unique_id: number; derivation_error: string }[]>(
    "select unique_id, derivation_error from replay_data where derivation_error like 'The message is kept as %' order by unique_id",
  );
  const notes = messages.map((row) => `replay_data ${row.unique_id}: ${row.derivation_error}`);
  for (const [table, column, condition] of keptPickles) {
    const rows = await dataSource.query<{ unique_id: number }[]>(
      `select unique_id from ${table} where ${condition} order by unique_id`,
    );
    for (const row of rows)
      notes.push(`${table} ${row.unique_id}: ${column} is kept as the pickle that AEPsych wrote.`);
  }
  return notes;
}
