import { Command } from "commander";
import { MetadataNames, readMetadata } from "../../export/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import type { Value } from "../../protocol/index.js";
import {
  type SessionFilter,
  type SessionOverview,
  nameColumns,
  streamSessions,
} from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import {
  type Listing,
  type ListingFlags,
  addListingOptions,
  chooseFormat,
  hasColumns,
} from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { addFilterOptions } from "../session-choice.js";

interface SessionsFlags extends SessionFilter, ListingFlags {
  readonly db?: string;
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
  "underivable",
  "rejected",
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
  "underivable",
  "rejected",
];

/** `telltale sessions`: lists the sessions of a database. */
export function sessionsCommand(): Command {
  const command = new Command("sessions").description("list sessions, oldest first");
  addFilterOptions(command)
    .option("--name <name>", "sessions of this experiment_name")
    .addOption(limitOption());
  return addListingOptions(command)
    .addOption(existingDatabaseOption())
    .action(({ db, limit, format, raw, columns, ...filter }: SessionsFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) => {
          const flags = { format: chooseFormat(format), ...(raw && { raw }), ...(columns && { columns }) };
          const names = new MetadataNames();
          if (hasColumns(flags.format)) {
            for await (const session of take(streamSessions(database, filter), limit)) names.add(session);
          }
          await printListing(listSessions(database, filter, limit, names), flags);
        }),
      ),
    );
}

/** The sessions, with a column for each key of their metadata. */
function listSessions(
  database: ReadOnlyStore,
  filter: SessionFilter,
  limit: number | undefined,
  names: MetadataNames,
): Listing<SessionOverview> {
  const metadata = nameColumns(names.list(), headings);
  const metadataHeadings = metadata.map(({ heading }) => heading);
  return {
    rows: take(streamSessions(database, filter), limit),
    headings: [...headings, ...metadataHeadings],
    tableHeadings: [...tableHeadings, ...metadataHeadings],
    cellsOf: (session) => [
      ...headings.map((heading) => session[heading]),
      ...metadata.map(({ name }) => readMetadata(session, name)),
    ],
    valueOf: (session) =>
      new Map<string, Value>([
        ...headings.map((heading): [string, Value] => [heading, session[heading]]),
        ["extra_metadata", session.extra_metadata],
      ]),
  };
}
