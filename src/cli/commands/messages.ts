import { Command, InvalidArgumentError } from "commander";
import { DatabaseError } from "../../database/index.js";
import {
  type Message,
  type MessageFilter,
  findSession,
  readMessageTypes,
  streamMessages,
} from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import { type ListingFlags, addListingOptions } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";
import { timeOption } from "../time-option.js";

interface MessagesFlags extends Pick<MessageFilter, "from" | "to">, ListingFlags {
  readonly db?: string;
  readonly limit?: number;
  readonly type?: readonly string[];
}

const headings = [
  "seq",
  "timestamp",
  "occurred_at",
  "clock_uncertainty_ms",
  "type",
  "id",
  "derivation_error",
  "request",
] as const satisfies readonly (keyof Message)[];

/** `telltale messages`: lists the messages of a session. */
export function messagesCommand(): Command {
  const command = new Command("messages")
    .description("list the messages of a session in order, each as it was sent")
    .addArgument(sessionArgument())
    .addOption(
      timeOption(
        "from",
        "seq or time",
        "first message: its seq or time: 17, 2026-01-31, 2026-01-31T12:00:00Z; local: 17:20, today, yesterday",
      ),
    )
    .addOption(timeOption("to", "seq or time", "last message: its seq or time"))
    .option("--type <type>", "type of the messages; may be repeated, or list several: ask,tell", readTypes)
    .addOption(limitOption());
  return addListingOptions(command)
    .addOption(existingDatabaseOption())
    .action((name: string, { db, limit, type, from, to, ...flags }: MessagesFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) => {
          const { unique_id } = await findSession(database, name);
          const filter = { ...(from && { from }), ...(to && { to }), ...(type && { types: type }) };
          await printListing(
            {
              rows: take(streamMessages(database, unique_id, filter), limit),
              headings,
              cellsOf: (message) => headings.map((heading) => message[heading]),
              valueOf: (message) => new Map(headings.map((heading) => [heading, message[heading]])),
            },
            flags,
          );
        }),
      ),
    );
}

/** The types in the value of `--type`, added to those of earlier `--type` flags. */
export function readTypes(text: string, before: readonly string[] = []): string[] {
  try {
    return [...before, ...readMessageTypes([text])];
  } catch (error) {
    throw error instanceof DatabaseError ? new InvalidArgumentError(error.message) : error;
  }
}
