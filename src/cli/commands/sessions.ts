import { Command } from "commander";
import { type SessionFilter, type SessionOverview, streamSessions } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import { type Format, chooseFormat, formatOption } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { addFilterOptions } from "../session-choice.js";

interface SessionsFlags extends SessionFilter {
  readonly db?: string;
  readonly format?: Format;
  readonly limit?: number;
}

const headings = [
  "session_id",
  "unique_id",
  "experiment_name",
  "experiment_description",
  "experiment_id",
  "participant_id",
  "source",
  "first_at",
  "last_at",
  "messages",
  "trials",
  "live",
] as const satisfies readonly (keyof SessionOverview)[];

const tableHeadings = [
  "session_id",
  "experiment_name",
  "participant_id",
  "first_at",
  "messages",
  "trials",
  "live",
];

/** `telltale sessions`: lists the sessions of a database. */
export function sessionsCommand(): Command {
  const command = new Command("sessions").description("list sessions, oldest first");
  return addFilterOptions(command)
    .option("--name <name>", "sessions of this experiment_name")
    .addOption(limitOption())
    .addOption(formatOption())
    .addOption(existingDatabaseOption())
    .action(({ db, format, limit, ...filter }: SessionsFlags) =>
      reportFailure(() =>
        readDatabase(db, (database) =>
          printListing(
            {
              rows: take(streamSessions(database, filter), limit),
              headings,
              tableHeadings,
              cellsOf: (session) => headings.map((heading) => session[heading]),
              valueOf: (session) => new Map(headings.map((heading) => [heading, session[heading]])),
            },
            chooseFormat(format),
          ),
        ),
      ),
    );
}
