/** Rows in parts that may be read together: each of them at least one row, and no more bytes unless it is only one. */
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
