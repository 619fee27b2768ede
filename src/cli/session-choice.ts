import type { Command } from "commander";
import { ConfigError } from "./config/config-error.js";
import { timeOption } from "./time-option.js";
import type { SessionChoice, SessionFilter } from "../queries/index.js";

/** The flags that select sessions in place of their names. */
export type FilterFlags = Pick<SessionFilter, "participant" | "experiment" | "from" | "to">;

const filterNames = ["participant", "experiment", "from", "to"] as const satisfies (keyof FilterFlags)[];

/** What a command line says of sessions. */
export interface GivenSessions {
  readonly names: readonly string[];
  readonly filter: FilterFlags;
  /** Whether `--all` is given; undefined for a command without that flag. */
  readonly isAll?: boolean;
  /** The flag of the filter's `to`; default: `--to`. */
  readonly toFlag?: string;
}

/**
 * Adds the flags that select sessions.
 *
 * @param toFlag the flag of the latest start, for a command whose `--to` is something else.
 */
export function addFilterOptions(command: Command, toFlag = "--to"): Command {
  return command
    .option("--participant <id>", "sessions of this participant_id")
    .option("--experiment <id or name>", "sessions of this experiment_id or experiment_name")
    .addOption(
      timeOption(
        "from",
        "time",
        "earliest start: 2026-01-31, 2026-01-31T12:00:00Z; local: 17:20, today, yesterday",
      ),
    )
    .addOption(timeOption("to", "time", "latest start; a day means its end", toFlag));
}

/**
 * Reads which sessions a command line chooses: by their names, all, or by flags that select some.
 *
 * @param verb what the command does with them.
 * @param problems receives a sentence for each problem.
 */
export function readSessionChoice(
  { names, filter, isAll, toFlag = "--to" }: GivenSessions,
  verb: string,
  problems: string[],
): SessionChoice {
  const flagOf = (name: keyof FilterFlags) => (name === "to" ? toFlag : `--${name}`);
  const given = filterNames.filter((name) => filter[name] !== undefined);
  if (names.includes("")) problems.push("The name of a session must not be empty.");
  for (const name of given) if (filter[name] === "") problems.push(`${flagOf(name)} must not be empty.`);
  const ways = [names.length > 0, isAll === true, given.length > 0].filter(Boolean).length;
  const all = isAll === undefined ? "" : ", give --all";
  const flags = filterNames.map(flagOf).join(", ");
  if (ways === 0) problems.push(`Name a session to ${verb}${all}, or select sessions with ${flags}.`);
  if (ways > 1) problems.push(`Name sessions${all}, or select them with ${flags}: do one of these.`);
  if (names.length > 0) return { names };
  return { filter };
}

/**
 * The sessions of a command that takes one name or flags that select some.
 *
 * @throws ConfigError that names every problem at once.
 */
export function chooseByCommandLine(
  name: string | undefined,
  filter: FilterFlags,
  verb: string,
): SessionChoice {
  const problems: string[] = [];
  const choice = readSessionChoice({ names: name === undefined ? [] : [name], filter }, verb, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return choice;
}
