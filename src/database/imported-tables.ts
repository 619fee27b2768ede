import { type PagedRows, type Read, readPages } from "./read-pages.js";
import { columnText } from "./rows.js";

/** A table whose rows are under a session, besides its messages. */
export interface ImportedTable {
  readonly name: string;
  /** What is copied as it is. */
  readonly columns: readonly string[];
  /** Whether its rows may refer to the message that they are derived from. */
  readonly isDerived: boolean;
  /** What tells a row that no message is noted for from the other ones of its session; SQL. */
  readonly identity: readonly string[];
  /** How many bytes a row may take; SQL. */
  readonly bytes: string;
}

export const configs: ImportedTable = {
  name: "config_data",
  columns: ["timestamp", "config"],
  isDerived: false,
  // The same setup may have come to two daemons, each at its time.
  identity: ["config_data.config"],
  bytes: "coalesce(length(config_data.config), 0)",
};

export const strats: ImportedTable = {
  name: "strat_data",
  columns: ["timestamp", "strat", "coding"],
  isDerived: true,
  identity: ["strat_data.timestamp", "strat_data.coding", "length(strat_data.strat)"],
  bytes: "coalesce(length(strat_data.strat), 0)",
};

export const trials: ImportedTable = {
  name: "raw_data",
  columns: ["timestamp", "model_data", "extra_data"],
  isDerived: true,
  // Its extra_data may have been filled since.
  identity: ["raw_data.timestamp"],
  bytes: `coalesce(length(raw_data.extra_data), 0)
    + 100 * (select count(*) from param_data where param_data.iteration_id = raw_data.unique_id)
    + 100 * (select count(*) from outcome_data where outcome_data.iteration_id = raw_data.unique_id)`,
};

export const rejections: ImportedTable = {
  name: "rejected_data",
  columns: ["timestamp", "code", "reason", "peer", "contents", "length"],
  isDerived: false,
  identity: ["timestamp", "code", "peer", "length"].map((column) => `rejected_data.${column}`),
  bytes: "coalesce(length(rejected_data.contents), 0)",
};

/** A session's rows of a table; with those that are derived from one of its messages comes that message. */
export function rowsOf(table: ImportedTable, masterId: number): Pick<PagedRows, "from" | "where" | "order"> {
  const { name } = table;
  const message = table.isDerived
    ? ` left join replay_data on replay_data.unique_id = ${name}.replay_table_id
       and replay_data.master_table_id = ${name}.master_table_id`
    : "";
  return {
    from: `${name}${message}`,
    where: `${name}.master_table_id = ${masterId}`,
    order: `${name}.unique_id`,
  };
}

/**
 * Up to which unique_id a session's rows that no message is noted for are in another database too; the later ones are not.
 * That one may have more between them.
 */
export async function findLastThere(
  table: ImportedTable,
  source: { readonly read: Read; readonly masterId: number },
  target: { readonly read: Read; readonly masterId: number },
): Promise<number> {
  const there = readIdentities(table, target.read, target.masterId);
  let last = 0;
  for await (const { uniqueId, identity } of readIdentities(table, source.read, source.masterId)) {
    for (;;) {
      const { value } = await there.next();
      if (value === undefined) return last;
      if (value.identity === identity) break;
    }
    last = uniqueId;
  }
  return last;
}

async function* readIdentities(
  table: ImportedTable,
  read: Read,
  masterId: number,
): AsyncGenerator<{ readonly uniqueId: number; readonly identity: string }, undefined, undefined> {
  const { name, isDerived, identity } = table;
  const rows = rowsOf(table, masterId);
  const pages = readPages<Record<string, unknown>>(read, {
    ...rows,
    where: isDerived ? `${rows.where} and replay_data.unique_id is null` : rows.where,
    columns: [`${name}.unique_id`, ...identity.map((sql, index) => `${sql} as identity${index}`)],
    bytes: table.bytes,
  });
  for await (const page of pages) {
    for (const { unique_id: uniqueId, ...cells } of page) {
      const values = Object.values(cells).map((cell) => (typeof cell === "string" ? columnText(cell) : cell));
      yield { uniqueId: uniqueId as number, identity: JSON.stringify(values) };
    }
  }
  return undefined;
}
