import { Command } from "commander";
import { openTrialTable, sessionHeadings } from "../../export/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import type { Value } from "../../protocol/index.js";
import {
  type SessionOverview,
  type Trial,
  chooseSessions,
  streamTrials,
  trialHeadings,
} from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import { type ListingFlags, addListingOptions, chooseFormat, hasColumns } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportRejected, reportUnderivable } from "../output/report-losses.js";
import { reportFailure } from "../report-failure.js";
import { optionalSessionArgument } from "../session-argument.js";
import { type FilterFlags, addFilterOptions, chooseByCommandLine } from "../session-choice.js";

interface TrialsFlags extends FilterFlags, ListingFlags {
  readonly db?: string;
  readonly limit?: number;
}

/** `telltale trials`: lists the trials of sessions. */
export function trialsCommand(): Command {
  const command = new Command("trials")
    .description("list trials in order, one row each: parameters, outcomes, extra data")
    .addArgument(optionalSessionArgument());
  addFilterOptions(command).addOption(limitOption());
  return addListingOptions(command)
    .addOption(existingDatabaseOption())
    .action((name: string | undefined, { db, limit, format, raw, columns, ...filter }: TrialsFlags) =>
      reportFailure(() => {
        const choice = chooseByCommandLine(name, filter, "list the trials of");
        const flags = { format: chooseFormat(format), ...(raw && { raw }), ...(columns && { columns }) };
        return readDatabase(db, async (database) => {
          const sessions = await chooseSessions(database, choice);
          const own = "filter" in choice ? (["session_id"] as const) : [];
          await printTrials(database, sessions, own, flags, limit);
          await reportUnderivable(database, sessions);
          await reportRejected(database, sessions);
        });
      }),
    );
}

/** @param own the columns of the session that a table on a terminal and JSON have. */
async function printTrials(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  own: readonly (typeof sessionHeadings)[number][],
  flags: ListingFlags & Required<Pick<ListingFlags, "format">>,
  limit?: number,
): Promise<void> {
  if (hasColumns(flags.format)) {
    const { headings, rows } = await openTrialTable(database, sessions);
    const hidden: readonly string[] = sessionHeadings.filter((heading) => !own.includes(heading));
    const tableHeadings = headings.filter((heading) => !hidden.includes(heading));
    await printListing(
      { headings, tableHeadings, rows: take(rows, limit), cellsOf: (row) => row, valueOf: () => null },
      flags,
    );
  } else {
    const rows = take(streamObjects(database, sessions, own), limit);
    await printListing({ headings: [], rows, cellsOf: () => [], valueOf: (row) => row }, flags);
  }
}

async function* streamObjects(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  own: readonly (keyof SessionOverview)[],
): AsyncGenerator<Value> {
  for (const session of sessions) {
    const before = own.map((name): [string, Value] => [name, session[name]]);
    for await (const trial of streamTrials(database, session.unique_id))
      yield new Map([...before, ...describeTrial(trial)]);
  }
}

function describeTrial(trial: Trial): [string, Value][] {
  return [
    ...trialHeadings.map((heading): [string, Value] => [heading, trial[heading]]),
    ["parameters", new Map(trial.parameters)],
    ["outcomes", new Map(trial.outcomes)],
    ["extra_data", trial.extra_data],
  ];
}
