import type { Cell } from "./sql.js";

/** Runs a statement that reads, on the file or server of its caller's choice. */
export type Read = <Row>(sql: string, parameters?: Cell[]) => Promise<Row[]>;

/**
 * Rows that are read page by page in the order of a key, so that no result is in memory as a whole and no transaction stays open.
 * A page with fewer than `size` rows is the last.
 *
 * @param read returns the first `size` rows whose key is greater than `after`.
 * @param keyOf the key of a row, a whole number from 1.
 * @param after the key after which to begin.
 */
export async function* pages<Row>(
  read: (after: number, size: number) => Promise<Row[]>,
  keyOf: (row: Row) => number,
  size: number,
  after = 0,
): AsyncGenerator<Row[], undefined, undefined> {
  for (let last = after; ;) {
    const page = await read(last, size);
    const end = page.at(-1);
    if (end === undefined) return undefined;
    yield page;
    if (page.length < size) return undefined;
    last = keyOf(end);
  }
}

/** Splits rows into parts that may be read together: at least one row each, and at most `maximumBytes` where there are more. */
export function splitByBytes<Row extends { readonly bytes: number | null }>(
  rows: readonly Row[],
  maximumBytes: number,
): Row[][] {
  const parts: Row[][] = [];
  let bytes = Infinity;
  for (const row of rows) {
    bytes += row.bytes ?? 0;
    if (bytes > maximumBytes) {
      parts.push([]);
      bytes = row.bytes ?? 0;
    }
    parts.at(-1)?.push(row);
  }
  return parts;
}

/** A select whose rows may be large, in parts; all of them are SQL of ours, never of a user. */
export interface SizedRows {
  readonly columns: readonly string[];
  readonly from: string;
  readonly where: string;
  /** The column that orders the rows: whole numbers from 1, each once. */
  readonly order: string;
  /** An upper bound of a row's bytes, short columns left out. */
  readonly bytes: string;
}

const mostRows = 500;
const mostBytes = 1024 * 1024;

/** Rows in pages that fit into memory: at most 500 rows, fewer where they are large, at least one. */
export async function* pagesBySize<Row>(
  read: Read,
  { columns, from, where, order, bytes }: SizedRows,
): AsyncGenerator<Row[], undefined, undefined> {
  for (let last = 0; ;) {
    const rest = `from ${from} where ${where} and ${order} > ${last}`;
    const sizes = await read<Size>(
      `select ${order} as position, ${bytes} as bytes ${rest} order by ${order} limit ${mostRows}`,
    );
    const end = endOfPage(sizes);
    if (end === undefined) return undefined;
    yield await read<Row>(
      `select ${columns.join(", ")} ${rest} and ${order} <= ${end} order by ${order} limit ${mostRows}`,
    );
    last = end;
  }
}

interface Size {
  readonly position: number;
  /** PostgreSQL returns counts as text. */
  readonly bytes: number | string;
}

function endOfPage(sizes: readonly Size[]): number | undefined {
  let total = 0;
  let end: number | undefined;
  for (const { position, bytes } of sizes) {
    total += Number(bytes);
    if (end !== undefined && total > mostBytes) break;
    end = position;
  }
  return end;
}
