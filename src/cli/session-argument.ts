import { Argument } from "commander";

const ways =
  "id, first characters of the id (id:80 for digits), unique_id in master, or last for the newest session";

/** The argument that names a session; `findSession` looks it up. */
export function sessionArgument(): Argument {
  return new Argument("<session>", `session: its ${ways}`);
}

/** The argument that names a session, for a command with flags that select some. */
export function optionalSessionArgument(): Argument {
  return new Argument("[session]", `session: its ${ways}`);
}

/** The argument that names several sessions, for a command with the flag `--all`. */
export function sessionsArgument(): Argument {
  return new Argument("[session...]", `sessions: for each its ${ways}`);
}

/**
 * What is wrong with the sessions on a command line.
 *
 * @param verb what the command does with them.
 */
export function listSessionProblems(sessions: readonly string[], isAll: boolean, verb: string): string[] {
  const problems: string[] = [];
  if (isAll && sessions.length > 0) problems.push("Name sessions or give --all, not both.");
  if (!isAll && sessions.length === 0) problems.push(`Name a session to ${verb}, or give --all.`);
  if (sessions.includes("")) problems.push("The name of a session must not be empty.");
  return problems;
}
