import type { QueryRunner } from "typeorm";
import { formatMicroseconds } from "../../src/protocol/index.js";
import type { Stored } from "./stored.js";
import { writeColumn } from "./rewrite-column.js";

const rowsOfPage = 2000;

/** Fills `occurred_at` of messages that were stored before clients told their clock: it is their `sent_at`. */
export async function fillOccurrences(queryRunner: QueryRunner): Promise<void> {
  for (let last = 0; ;) {
    const page = (await queryRunner.query(
      `SELECT unique_id, sent_at FROM replay_data WHERE unique_id > ${last} AND sent_at IS NOT NULL
       ORDER BY unique_id LIMIT ${rowsOfPage}`,
    )) as readonly { readonly unique_id: number; readonly sent_at: number }[];
    const values = page.map(({ unique_id: id, sent_at: sentAt }): [number, Stored] => [
      id,
      formatMicroseconds(sentAt),
    ]);
    await writeColumn(queryRunner, { table: "replay_data", to: "occurred_at", type: "text" }, values);
    const end = page.at(-1);
    if (end === undefined) return;
    last = end.unique_id;
  }
}
