import { InvalidArgumentError, Option } from "commander";

/** The flag `--limit` of a command that lists. */
export function limitOption(): Option {
  return new Option("--limit <number>", "maximum number of rows").argParser((text) => {
    if (/^[0-9]+$/.test(text) && Number(text) > 0) return Number(text);
    throw new InvalidArgumentError("The limit must be a whole number from 1.");
  });
}

/** The first rows, up to a limit. */
export async function* take<Row>(rows: AsyncIterable<Row>, limit = Infinity): AsyncGenerator<Row> {
  if (limit <= 0) return;
  let taken = 0;
  for await (const row of rows) {
    yield row;
    taken += 1;
    if (taken >= limit) return;
  }
}
