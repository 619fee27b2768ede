import { type Read, type SizedRows, columnText, pagesBySize } from "../../database/index.js";

/** A table whose rows belong to a session, other than the table of messages. */
export interface ImportedTable {
  readonly name: string;
  /** The columns that are copied unchanged. */
  readonly columns: readonly string[];
  /** Whether its rows may refer to the message that they were derived from. */
  readonly isDerived: boolean;
  /** SQL of the values that identify a row without a message among those of its session. */
  readonly identity: readonly string[];
  /** SQL of an upper bound of a row's bytes. */
  readonly bytes: string;
}

export const configs: ImportedTable = {
  name: "config_data",
  columns: ["timestamp", "config"],
  isDerived: false,
  // Two daemons may have received the same setup at different times.
  identity: ["config"],
  bytes: "coalesce(length(config), 0)",
};

export const strats: ImportedTable = {
  name: "strat_data",
  columns: ["timestamp", "strat", "coding"],
  isDerived: true,
  identity: ["timestamp", "coding", "length(strat)"],
  bytes: "coalesce(length(strat), 0)",
};

export const trials: ImportedTable = {
  name: "raw_data",
  columns: ["timestamp", "model_data", "extra_data"],
  isDerived: true,
  // A rebuild may have filled its extra_data.
  identity: ["timestamp"],
  bytes: `coalesce(length(extra_data), 0)
    + 100 * (select count(*) from param_data where param_data.iteration_id = raw_data.unique_id)
    + 100 * (select count(*) from outcome_data where outcome_data.iteration_id = raw_data.unique_id)`,
};

export const rejections: ImportedTable = {
  name: "rejected_data",
  columns: ["timestamp", "code", "reason", "peer", "contents", "length"],
  isDerived: false,
  identity: ["timestamp", "code", "peer", "length"],
  bytes: "coalesce(length(contents), 0)",
};

/** A session's rows of a table that were written without a message. */
export function writtenRows(
  { name, isDerived }: ImportedTable,
  masterId: number,
): Pick<SizedRows, "from" | "where" | "order"> {
  const where = `master_table_id = ${masterId}${isDerived ? " and replay_table_id is null" : ""}`;
  return { from: name, where, order: "unique_id" };
}

/**
 * Finds how far the target has a session's rows without a message: those after the returned unique_id are missing there. The target may
 * have other rows in between.
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
  const pages = pagesBySize<Record<string, unknown>>(read, {
    ...writtenRows(table, masterId),
    columns: ["unique_id", ...table.identity.map((sql, index) => `${sql} as identity${index}`)],
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
