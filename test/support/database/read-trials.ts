import { expect } from "chai";
import { readRows } from "../../../harness/rows.js";

/** What the tells of a session said as their parameter, in the order of the messages; expects seq to have no gap. */
export async function readTrials(db: string, session: string): Promise<number[]> {
  const rows = await readRows(
    db,
    `select seq, message_type, param_value from master join replay_data on replay_data.master_table_id = master.unique_id
     left join raw_data on replay_table_id = replay_data.unique_id
     left join param_data on iteration_id = raw_data.unique_id where session_id = ? order by seq`,
    [session],
  );
  expect(rows.map(({ seq }) => seq)).to.deep.equal(rows.map((_, index) => index + 1));
  return rows
    .filter(({ message_type }) => message_type === "tell")
    .map(({ param_value }) => Number(param_value));
}
