/**
 * A Markdown table with padded columns, readable as plain text and formatted as Prettier does.
 *
 * @param titles column titles; a leading `>` aligns the column right.
 */
export function renderTable(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = titles.map((title, index) => {
    const isRight = title.startsWith(">");
    const cells = [isRight ? title.slice(1) : title, ...rows.map((row) => row[index] ?? "")];
    const width = Math.max(3, ...cells.map((cell) => cell.length));
    const [head = "", ...body] = cells.map((cell) => (isRight ? cell.padStart(width) : cell.padEnd(width)));
    return [head, isRight ? `${"-".repeat(width - 1)}:` : "-".repeat(width), ...body];
  });
  const lines = Array.from(
    { length: rows.length + 2 },
    (_, line) => `| ${columns.map((column) => column[line]).join(" | ")} |`,
  );
  return lines.join("\n");
}

/** A number for people; `n/a` for NaN. */
export function formatNumber(value: number, fractionDigits = 0): string {
  if (Number.isNaN(value)) return "n/a";
  return value.toLocaleString("en-US", {
    minimumFractionDigits: fractionDigits,
    maximumFractionDigits: fractionDigits,
  });
}
