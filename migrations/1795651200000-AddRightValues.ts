import type { QueryRunner } from "typeorm";
import { readDecimal, toStorableJson } from "../src/protocol/index.js";
import { describeTrial as selectEarlierTrials } from "./1795392000000-AddViews.js";
import type { Migration } from "./migration.js";
import { fillOccurrences } from "./support/fill-occurrences.js";
import { hasColumns, isSqlite, run } from "./support/schema.js";
import { rewriteColumn } from "./support/rewrite-column.js";
import { selectTrials } from "./support/trial-view.js";
import { isView, replaceView } from "./support/views.js";

/** The columns of JSON, by table. */
const jsonColumns = {
  master: "extra_metadata",
  replay_data: "extra_info",
  config_data: "config",
  raw_data: "extra_data",
};

/**
 * The time when a message occurred and the client clock that it was computed from; each parameter as a number; and extra data in the
 * view `trial`, which becomes the present one unless it is a user's own. Replaces U+0000 and lone surrogates in columns of JSON.
 */
export class AddRightValues1795651200000 implements Migration {
  readonly touches = ["master", "replay_data", "config_data", "raw_data", "param_data"];

  async up(queryRunner: QueryRunner): Promise<void> {
    await run(
      queryRunner,
      "ALTER TABLE replay_data ADD COLUMN occurred_at text",
      "ALTER TABLE replay_data ADD COLUMN clock_offset_ms double precision",
      "ALTER TABLE replay_data ADD COLUMN clock_uncertainty_ms double precision",
      "ALTER TABLE param_data ADD COLUMN param_number double precision",
    );
    await fillNumbers(queryRunner);
    await fillOccurrences(queryRunner);
    await replaceUnstorable(queryRunner);
    const sqlite = isSqlite(queryRunner);
    if (await isView(queryRunner, "trial", selectEarlierTrials(sqlite)))
      await replaceView(queryRunner, "trial", selectTrials(await readVersion(queryRunner)));
  }

  isApplied(queryRunner: QueryRunner): Promise<boolean> {
    return hasColumns(queryRunner, {
      replay_data: ["occurred_at", "clock_offset_ms", "clock_uncertainty_ms"],
      param_data: ["param_number"],
    });
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    const sqlite = isSqlite(queryRunner);
    const isOurs = await isView(queryRunner, "trial", selectTrials(await readVersion(queryRunner)));
    if (isOurs)
      await run(queryRunner, "DROP VIEW trial", `CREATE VIEW trial AS ${selectEarlierTrials(sqlite)}`);
    await run(
      queryRunner,
      "ALTER TABLE param_data DROP COLUMN param_number",
      "ALTER TABLE replay_data DROP COLUMN clock_uncertainty_ms",
      "ALTER TABLE replay_data DROP COLUMN clock_offset_ms",
      "ALTER TABLE replay_data DROP COLUMN occurred_at",
    );
  }
}

async function fillNumbers(queryRunner: QueryRunner): Promise<void> {
  await rewriteColumn(
    queryRunner,
    {
      table: "param_data",
      from: "param_value",
      to: "param_number",
      type: "double precision",
      where: "substr(param_value, 1, 1) IN ('0','1','2','3','4','5','6','7','8','9','+','-','.')",
    },
    (text) => readDecimal(text) ?? undefined,
  );
}

async function replaceUnstorable(queryRunner: QueryRunner): Promise<void> {
  for (const [table, column] of Object.entries(jsonColumns)) {
    const hasEscape = isSqlite(queryRunner)
      ? `instr(${column}, '\\u') > 0`
      : `position('\\u' in ${column}) > 0`;
    await rewriteColumn(
      queryRunner,
      { table, from: column, to: column, type: "text", where: hasEscape },
      (text) => {
        const storable = toStorableJson(text);
        return storable === text ? undefined : storable;
      },
    );
  }
}

/** The version of the PostgreSQL server, as 180004; undefined for SQLite. */
async function readVersion(queryRunner: QueryRunner): Promise<number | undefined> {
  if (isSqlite(queryRunner)) return undefined;
  const [row] = (await queryRunner.query("SHOW server_version_num")) as { server_version_num: string }[];
  return Number(row?.server_version_num);
}
