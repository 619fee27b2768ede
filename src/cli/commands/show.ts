import { Command } from "commander";
import { plural } from "../../common/index.js";
import { type Value, type ValueMap, isMap, toValue } from "../../protocol/index.js";
import { type SessionDetails, readSession } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { type ListingFlags, chooseFormat, formatOption, hasColumns, rawOption } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";

interface ShowFlags extends Pick<ListingFlags, "format" | "raw"> {
  readonly db?: string;
}

/** `telltale show`: prints everything about a session. */
export function showCommand(): Command {
  return new Command("show")
    .description("show a session: its counts, times, metadata and config, and why messages gave no trial")
    .addArgument(sessionArgument())
    .addOption(formatOption())
    .addOption(rawOption())
    .addOption(existingDatabaseOption())
    .action((name: string, { db, ...flags }: ShowFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) => printSession(await readSession(database, name), flags)),
      ),
    );
}

/**
 * Prints one JSON object; otherwise one row per field, per reason of a message without a trial, per key of the metadata, and per key
 * of each section of the config.
 */
async function printSession(
  session: SessionDetails,
  flags: Pick<ListingFlags, "format" | "raw">,
): Promise<void> {
  const format = chooseFormat(flags.format);
  if (hasColumns(format)) {
    const rows = listFields(session);
    const headings = ["field", "value"];
    await printListing(
      { rows, headings, cellsOf: (row) => row, valueOf: (row) => row },
      { ...flags, format },
    );
  } else {
    const { underivable_reasons, rejected_reasons } = session;
    const reasons = toValue({ underivable_reasons, rejected_reasons });
    const rows = [new Map<string, Value>([...Object.entries(session), ...(reasons as ValueMap)])];
    await printListing(
      { rows, headings: [], cellsOf: () => [], valueOf: (row) => row },
      { format: "ndjson" },
    );
  }
}

function* listFields({
  underivable_reasons,
  rejected_reasons,
  config_warnings,
  extra_metadata,
  config,
  ...fields
}: SessionDetails): Generator<[string, Value]> {
  yield* Object.entries(fields);
  for (const warning of config_warnings) yield ["config_warnings", warning];
  for (const { reason, tells, first_seq } of underivable_reasons) {
    const which = tells === 1 ? `seq ${first_seq}` : `the first: seq ${first_seq}`;
    yield ["underivable", `${plural(tells, "tell")} gave no trial: ${reason} (${which})`];
  }
  for (const { code, reason, messages } of rejected_reasons)
    yield ["rejected", `${plural(messages, "message")}: ${code}: ${reason}`];
  yield* flatten("extra_metadata", extra_metadata, 1);
  yield* flatten("config", config, 2);
}

function* flatten(name: string, value: Value, levels: number): Generator<[string, Value]> {
  if (levels === 0 || !isMap(value)) yield [name, value];
  else for (const [key, item] of value) yield* flatten(`${name}.${key}`, item, levels - 1);
}
