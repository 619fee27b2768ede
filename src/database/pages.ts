import type { Cell } from "./sql.js";

/** Runs a statement that reads, on whichever database is meant. */
export type Read = <Row>(sql: string, parameters?: Cell[]) => Promise<Row[]>;

/** Rows that are read page by page; all of it is SQL of ours. */
export interface PagedRows {
  readonly columns: readonly string[];
  readonly from: string;
  readonly where: string;
  /** A column of whole numbers from 1 that tells the rows apart, and in the order of which they come. */
  readonly order: string;
  /** How many bytes a row may take, beside its short columns. */
  readonly bytes: string;
}

const mostRows = 500;
const mostBytes = 1024 * 1024;

/** The rows in pages that fit into memory: at most 500 rows, fewer where they are large, at least one. */
export async function* readPages<Row>(
  read: Read,
  { columns, from, where, order, bytes }: PagedRows,
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
  /** PostgreSQL's counts are texts. */
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
