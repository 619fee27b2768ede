import { columnText } from "../database/index.js";
import { formatCell } from "../queries/index.js";
import type { Value } from "../protocol/index.js";

/** A cell before it is written. Numbers stay numbers, so that a negative one is not taken for a formula. */
export type Cell = string | number | bigint | null;

/** A value as a cell, with U+FFFD for U+0000 and lone surrogates, which no file of text can hold or many readers refuse. */
export function toCell(value: Value): Cell {
  return typeof value === "number" || typeof value === "bigint" ? value : columnText(formatCell(value));
}

/** Rows are formatted together up to this many cells, about a millisecond's work, */
const cellsTogether = 1024;
/** and up to this many characters. */
const charactersTogether = 64 * 1024;

/** Formats rows, several at a time. */
export async function* writeTogether(
  rows: AsyncIterable<Cell[]>,
  write: (rows: Cell[][]) => string,
): AsyncGenerator<string, undefined, undefined> {
  let together: Cell[][] = [];
  let [cells, characters] = [0, 0];
  for await (const row of rows) {
    together.push(row);
    cells += row.length;
    for (const cell of row) if (typeof cell === "string") characters += cell.length;
    if (cells < cellsTogether && characters < charactersTogether) continue;
    yield write(together);
    together = [];
    [cells, characters] = [0, 0];
  }
  if (together.length > 0) yield write(together);
  return undefined;
}
