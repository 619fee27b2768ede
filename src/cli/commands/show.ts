import { Command } from "commander";
import { type Value, isMap } from "../../protocol/index.js";
import { type SessionDetails, readSession } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { type Format, chooseFormat, formatOption } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";

interface ShowFlags {
  readonly db?: string;
  readonly format?: Format;
}

/** `telltale show`: prints everything about a session. */
export function showCommand(): Command {
  return new Command("show")
    .description("show a session: its counts, times, metadata and config")
    .addArgument(sessionArgument())
    .addOption(formatOption())
    .addOption(existingDatabaseOption())
    .action((name: string, { db, format }: ShowFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) =>
          printSession(await readSession(database, name), chooseFormat(format)),
        ),
      ),
    );
}

/** Prints one JSON object; otherwise one row per field, per key of the metadata, and per key of each section of the config. */
async function printSession(session: SessionDetails, format: Format): Promise<void> {
  const fields = new Map<string, Value>(Object.entries(session));
  if (format === "json" || format === "ndjson") {
    await printListing({ rows: [fields], headings: [], cellsOf: () => [], valueOf: (row) => row }, "ndjson");
    return;
  }
  await printListing(
    {
      rows: listFields(fields),
      headings: ["field", "value"],
      cellsOf: (row) => row,
      valueOf: (row) => row,
    },
    format,
  );
}

function* listFields(fields: ReadonlyMap<string, Value>): Generator<[string, Value]> {
  for (const [name, value] of fields) {
    if (name === "extra_metadata") yield* flatten(name, value, 1);
    else if (name === "config") yield* flatten(name, value, 2);
    else if (Array.isArray(value)) for (const item of value) yield [name, item];
    else yield [name, value];
  }
}

function* flatten(name: string, value: Value, levels: number): Generator<[string, Value]> {
  if (levels === 0 || !isMap(value)) yield [name, value];
  else for (const [key, item] of value) yield* flatten(`${name}.${key}`, item, levels - 1);
}
