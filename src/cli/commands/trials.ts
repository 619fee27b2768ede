import { Command } from "commander";
import type { ReadOnlyStore } from "../../database/index.js";
import type { Value } from "../../protocol/index.js";
import {
  type Trial,
  type TrialColumn,
  findSession,
  readTrialColumns,
  streamTrials,
  trialHeadings,
  widenTrial,
} from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { limitOption, take } from "../limit.js";
import { type Format, chooseFormat, formatOption } from "../output/listing.js";
import { printListing } from "../output/print-listing.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";

interface TrialsFlags {
  readonly db?: string;
  readonly format?: Format;
  readonly limit?: number;
}

/** `telltale trials`: lists the trials of a session. */
export function trialsCommand(): Command {
  return new Command("trials")
    .description("list the trials of a session in order, one row each: parameters, outcomes, extra data")
    .addArgument(sessionArgument())
    .addOption(limitOption())
    .addOption(formatOption())
    .addOption(existingDatabaseOption())
    .action((name: string, { db, format, limit }: TrialsFlags) =>
      reportFailure(() =>
        readDatabase(db, async (database) => {
          const { unique_id } = await findSession(database, name);
          await printTrials(database, unique_id, chooseFormat(format), limit);
        }),
      ),
    );
}

async function printTrials(
  database: ReadOnlyStore,
  masterId: number,
  format: Format,
  limit = Infinity,
): Promise<void> {
  let columns: readonly TrialColumn[] = [];
  let most = limit;
  if (format === "table" || format === "csv" || format === "tsv") {
    const read = await readTrialColumns(database, [masterId], trialHeadings);
    columns = read.columns;
    // Trials that arrive meanwhile may have names without a column.
    most = Math.min(limit, read.trials.get(masterId) ?? 0);
  }
  await printListing(
    {
      rows: take(streamTrials(database, masterId), most),
      headings: [...trialHeadings, ...columns.map(({ heading }) => heading)],
      cellsOf: (trial) => widenTrial(trial, columns),
      valueOf: describeTrial,
    },
    format,
  );
}

function describeTrial(trial: Trial): Value {
  return new Map<string, Value>([
    ...trialHeadings.map((heading): [string, Value] => [heading, trial[heading]]),
    ["parameters", new Map(trial.parameters)],
    ["outcomes", new Map(trial.outcomes)],
    ["extra_data", trial.extra_data],
  ]);
}
