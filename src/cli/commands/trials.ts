import { Command } from "commander";
import type { ReadOnlyStore } from "../../database/index.js";
import type { Value } from "../../protocol/index.js";
import {
  type SessionOverview,
  type Trial,
  chooseSessions,
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
import { optionalSessionArgument } from "../session-argument.js";
import { type FilterFlags, addFilterOptions, chooseByCommandLine } from "../session-choice.js";

interface TrialsFlags extends FilterFlags {
  readonly db?: string;
  readonly format?: Format;
  readonly limit?: number;
}

/** `telltale trials`: lists the trials of sessions. */
export function trialsCommand(): Command {
  const command = new Command("trials")
    .description("list trials in order, one row each: parameters, outcomes, extra data")
    .addArgument(optionalSessionArgument());
  return addFilterOptions(command)
    .addOption(limitOption())
    .addOption(formatOption())
    .addOption(existingDatabaseOption())
    .action((name: string | undefined, { db, format, limit, ...filter }: TrialsFlags) =>
      reportFailure(() => {
        const choice = chooseByCommandLine(name, filter, "list the trials of");
        return readDatabase(db, async (database) => {
          const sessions = await chooseSessions(database, choice);
          const own = "filter" in choice ? (["session_id"] as const) : [];
          await printTrials(database, sessions, own, chooseFormat(format), limit);
        });
      }),
    );
}

interface SessionTrial {
  readonly session: SessionOverview;
  readonly trial: Trial;
}

/** @param own the columns of the session. */
async function printTrials(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  own: readonly (keyof SessionOverview)[],
  format: Format,
  limit = Infinity,
): Promise<void> {
  const headings = [...own, ...trialHeadings];
  const ids = sessions.map(({ unique_id }) => unique_id);
  const isTable = format === "table" || format === "csv" || format === "tsv";
  const read = isTable ? await readTrialColumns(database, ids, headings) : undefined;
  const columns = read?.columns ?? [];
  await printListing(
    {
      rows: take(streamTrialsOf(database, sessions, read?.trials), limit),
      headings: [...headings, ...columns.map(({ heading }) => heading)],
      cellsOf: ({ session, trial }) => [...own.map((name) => session[name]), ...widenTrial(trial, columns)],
      valueOf: ({ session, trial }) =>
        new Map<string, Value>([
          ...own.map((name): [string, Value] => [name, session[name]]),
          ...describeTrial(trial),
        ]),
    },
    format,
  );
}

/** @param most how many trials of each session; trials that arrive meanwhile may have names without a column. */
async function* streamTrialsOf(
  database: ReadOnlyStore,
  sessions: readonly SessionOverview[],
  most: ReadonlyMap<number, number> | undefined,
): AsyncGenerator<SessionTrial> {
  for (const session of sessions) {
    const last = most === undefined ? Infinity : (most.get(session.unique_id) ?? 0);
    for await (const trial of take(streamTrials(database, session.unique_id), last)) yield { session, trial };
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
