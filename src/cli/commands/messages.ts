import { Command, InvalidArgumentError } from "commander";
import { type Message, type MessageFilter, findSession, streamMessages } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import { type Format, chooseFormat, formatOption } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";

interface MessagesFlags extends Pick<MessageFilter, "from" | "to"> {
  readonly db?: string;
  readonly format?: Format;
  readonly limit?: number;
  readonly type?: readonly string[];
}

const headings = [
  "seq",
  "timestamp",
  "type",
  "id",
  "derivation_error",
  "request",
] as const satisfies readonly (keyof Message)[];

/** `telltale messages`: lists the messages of a session. */
export function messagesCommand(): Command {
  return new Command("messages")
    .description("list the messages of a session in their order, each as it was sent")
    .addArgument(sessionArgument())
    .option("--from <seq or time>", "this one and later ones: 17, 2026-01-31, or 2026-01-31T12:00:00Z")
    .option("--to <seq or time>", "this one and earlier ones")
    .option("--type <type>", "of this type; may be repeated, or name several: ask,tell", readTypes)
    .addOption(limitOption())
    .addOption(formatOption())
    .addOption(existingDatabaseOption())
    .action((name: string, { db, format, limit, type, ...bounds }: MessagesFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) => {
          const { unique_id } = await findSession(database, name);
          const filter = { ...bounds, ...(type && { types: type }) };
          await printListing(
            {
              rows: take(streamMessages(database, unique_id, filter), limit),
              headings,
              cellsOf: (message) => headings.map((heading) => message[heading]),
              valueOf: (message) => new Map(headings.map((heading) => [heading, message[heading]])),
            },
            chooseFormat(format),
          );
        }),
      ),
    );
}

/** The types that `--type` names, with those that it named before. */
export function readTypes(text: string, before: readonly string[] = []): string[] {
  const types = text.split(",").map((type) => type.trim());
  if (types.includes("")) throw new InvalidArgumentError("It must name a type of message.");
  return [...before, ...types];
}
