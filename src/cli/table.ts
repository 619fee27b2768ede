import stringWidth from "string-width";
import { type Value } from "../protocol/index.js";
import { formatCell } from "../queries/index.js";
import type { Listing } from "./listing.js";

/** From how many rows the widths of the columns are taken; a wider cell behind them is cut off. */
const measuredRows = 200;

/** Columns are not made narrower than this: then the last ones are left out. */
const leastWidth = 6;

const gap = "  ";

/**
 * A table, line by line, no line wider than `width`. Cells that do not fit are cut off, with …; control characters are shown as JSON
 * writes them. Columns for which there is no room are named on stderr.
 *
 * @param width in the cells of a terminal, of which a wide character takes two.
 */
export async function* formatTable<Row>(listing: Listing<Row>, width: number): AsyncGenerator<string> {
  const shown = listing.headings.flatMap((heading, index) =>
    (listing.tableHeadings ?? listing.headings).includes(heading) ? [index] : [],
  );
  const headings = shown.map((index) => showText(listing.headings[index] ?? ""));
  let widths: number[] | undefined;
  let waiting = [headings];
  const begin = () => {
    widths = fitWidths(measure(waiting, width), width);
    const omitted = headings.slice(widths.length);
    if (omitted.length > 0) {
      process.stderr.write(`No room for ${omitted.join(", ")}; other formats have every column.\n`);
    }
    const lines = waiting.map((cells) => formatLine(cells, widths ?? []));
    waiting = [];
    return lines.join("");
  };
  for await (const row of listing.rows) {
    const cells = listing.cellsOf(row);
    const texts = shown.map((index) => showCell(cells[index] ?? null));
    if (widths !== undefined) yield formatLine(texts, widths);
    else if (waiting.push(texts) > measuredRows) yield begin();
  }
  if (widths === undefined) yield begin();
}

function measure(rows: readonly (readonly string[])[], most: number): number[] {
  const widths = (rows[0] ?? []).map(() => 1);
  for (const row of rows) {
    for (const [index, text] of row.entries()) {
      widths[index] = Math.min(Math.max(widths[index] ?? 1, stringWidth(text)), most);
    }
  }
  return widths;
}

/** The widths that the columns get, the widest made narrower first; fewer than there are columns where not all have room. */
export function fitWidths(natural: readonly number[], width: number): number[] {
  const total = (widths: readonly number[], most: number) =>
    widths.reduce((sum, one) => sum + Math.min(one, most), (widths.length - 1) * gap.length);
  let columns = natural;
  while (columns.length > 1 && total(columns, leastWidth) > width) columns = columns.slice(0, -1);
  let most = Math.max(...columns, leastWidth);
  while (most > 1 && total(columns, most) > width) most -= 1;
  // What is left over goes to the first that can use it.
  let left = width - total(columns, most);
  return columns.map((one) => (one > most && left > 0 ? ((left -= 1), most + 1) : Math.min(one, most)));
}

function formatLine(texts: readonly string[], widths: readonly number[]): string {
  return `${widths
    .map((width, index) => fit(texts[index] ?? "", width))
    .join(gap)
    .trimEnd()}\n`;
}

const graphemes = new Intl.Segmenter();

function fit(text: string, width: number): string {
  const needed = stringWidth(text);
  if (needed <= width) return text + " ".repeat(width - needed);
  let [cut, taken] = ["", 0];
  for (const { segment } of graphemes.segment(text)) {
    const more = stringWidth(segment);
    if (taken + more > width - 1) break;
    cut += segment;
    taken += more;
  }
  return `${cut}…${" ".repeat(width - 1 - taken)}`;
}

/** Longer than any line of a terminal, and short enough to be measured at once. */
const mostCharacters = 2000;

function showCell(value: Value): string {
  return showText(formatCell(value)?.slice(0, mostCharacters) ?? "");
}

/** Control characters could move the cursor, or do worse. */
function showText(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    const escaped = JSON.stringify(character).slice(1, -1);
    return escaped === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : escaped;
  });
}
