import stringWidth from "string-width";
import { escapeForTerminal } from "../../common/index.js";
import type { Value } from "../../protocol/index.js";
import { formatCell } from "../../queries/index.js";
import { formatLocalTime } from "../local-time.js";
import type { Listing } from "./listing.js";

/** The rows of a page; each page has its own headings and column widths. */
const pageRows = 200;

/** The least width of a text column; other columns never shrink. If the columns still do not fit, the last ones are omitted. */
const leastWidth = 8;

const gap = "  ";

/** The text of a cell. */
interface Cell {
  readonly text: string;
  /** Whether the text may be cut off; a cut number would be another number. */
  readonly mayBeCut: boolean;
}

/** The width that a column needs, and the least it can do with. */
export interface ColumnWidth {
  readonly natural: number;
  readonly least: number;
}

/**
 * Formats a table page by page, with no line wider than `width`. Cuts off long texts with …, rounds numbers to six digits,
 * shows times in the zone of this machine to the second, escapes control characters as JSON does, and names omitted columns on stderr.
 *
 * @param width in terminal cells; a wide character takes two.
 */
export async function* formatTable<Row>(listing: Listing<Row>, width: number): AsyncGenerator<string> {
  const shown = listing.headings.flatMap((heading, index) =>
    (listing.tableHeadings ?? listing.headings).includes(heading) ? [index] : [],
  );
  const headings = shown.map((index) => showCell(listing.headings[index] ?? ""));
  let omitted = "";
  const layOut = (page: readonly (readonly Cell[])[]) => {
    const widths = fitWidths(measure([headings, ...page]), width);
    const names = headings.slice(widths.length).map(({ text }) => text);
    if (names.join(", ") !== omitted) {
      omitted = names.join(", ");
      if (omitted !== "") process.stderr.write(`No room for ${omitted}; other formats have every column.\n`);
    }
    return [headings, ...page].map((cells) => formatLine(cells, widths)).join("");
  };
  let page: Cell[][] = [];
  let before = "";
  for await (const row of listing.rows) {
    if (page.length === pageRows) {
      yield before + layOut(page);
      before = "\n";
      page = [];
    }
    const values = listing.cellsOf(row);
    page.push(shown.map((index) => showCell(values[index] ?? null)));
  }
  yield before + layOut(page);
}

function measure(rows: readonly (readonly Cell[])[]): ColumnWidth[] {
  return (rows[0] ?? []).map((_, index) => {
    let [natural, least] = [1, 1];
    for (const row of rows) {
      const cell = row[index];
      if (cell === undefined) continue;
      const width = measureWidth(cell.text);
      natural = Math.max(natural, width);
      least = Math.max(least, cell.mayBeCut ? Math.min(width, leastWidth) : width);
    }
    return { natural, least };
  });
}

/** Distributes a width over the columns, shrinking the widest first; returns fewer widths than columns if not all fit. */
export function fitWidths(columns: readonly ColumnWidth[], width: number): number[] {
  const fit = (shown: readonly ColumnWidth[], most: number) =>
    shown.map(({ natural, least }) => Math.min(natural, Math.max(least, most)));
  const total = (widths: readonly number[]) =>
    widths.reduce((sum, one) => sum + one, (widths.length - 1) * gap.length);
  let shown = columns;
  while (shown.length > 1 && total(fit(shown, 0)) > width) shown = shown.slice(0, -1);
  let most = width;
  while (most > 0 && total(fit(shown, most)) > width) most -= 1;
  const widths = fit(shown, most);
  // The remainder goes to the first columns that can use it.
  let left = width - total(widths);
  return widths.map((one, index) => {
    if (left <= 0 || one !== most || one === shown[index]?.natural) return Math.min(one, width);
    left -= 1;
    return one + 1;
  });
}

function formatLine(cells: readonly Cell[], widths: readonly number[]): string {
  return `${widths
    .map((width, index) => fit(cells[index]?.text ?? "", width))
    .join(gap)
    .trimEnd()}\n`;
}

const narrow = /^[ -~]*$/;

function measureWidth(text: string): number {
  return narrow.test(text) ? text.length : stringWidth(text);
}

const graphemes = new Intl.Segmenter();

function fit(text: string, width: number): string {
  const needed = measureWidth(text);
  if (needed <= width) return text + " ".repeat(width - needed);
  if (narrow.test(text)) return `${text.slice(0, width - 1)}…`;
  let [cut, taken] = ["", 0];
  for (const { segment } of graphemes.segment(text)) {
    const more = stringWidth(segment);
    if (taken + more > width - 1) break;
    cut += segment;
    taken += more;
  }
  return `${cut}…${" ".repeat(width - 1 - taken)}`;
}

/** Longer than any terminal line, and short enough to measure at once. */
const mostCharacters = 2000;

const time = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z?)$/;

function showCell(value: Value): Cell {
  if (typeof value === "number") {
    const rounded = Number.isInteger(value) ? value : Number(value.toPrecision(6));
    return { text: String(rounded), mayBeCut: false };
  }
  const text = formatCell(value) ?? "";
  const [, seconds, zone] = time.exec(text) ?? [];
  if (seconds !== undefined) {
    const shown = zone === "" ? seconds : formatLocalTime(new Date(text));
    return { text: shown, mayBeCut: false };
  }
  return { text: escapeForTerminal(text.slice(0, mostCharacters)), mayBeCut: typeof value !== "boolean" };
}
