import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { readDatabaseLocation } from "../config/database-setting.js";
import { escapeForTerminal, escapeLines, plural } from "../../common/index.js";
import { DatabaseError } from "../../database/index.js";
import { type DeletedRows, deleteSession } from "../../maintenance/index.js";
import { type SessionOverview, findSession } from "../../queries/index.js";
import { existingDatabaseOption, openExistingDatabase } from "../existing-database.js";
import { reportFailure } from "../report-failure.js";
import { sessionArgument } from "../session-argument.js";

interface DeleteFlags {
  readonly db?: string;
  /** Whether to delete without asking. */
  readonly yes?: boolean;
}

/** `telltale delete`: deletes a session for good, as when a participant withdraws. */
export function deleteCommand(): Command {
  return new Command("delete")
    .description("delete every row of a session, as when a participant withdraws")
    .addArgument(sessionArgument())
    .option("--yes", "deletion without asking for confirmation")
    .addOption(existingDatabaseOption())
    .action((session: string, { db, yes = false }: DeleteFlags) =>
      reportFailure(async () => {
        if (!(await deleteNamed(readDatabaseLocation(db), session, yes))) process.exitCode = 1;
      }),
    );
}

/** Whether the session was deleted. */
async function deleteNamed(location: string, session: string, isConfirmed: boolean): Promise<boolean> {
  const database = await openExistingDatabase(location);
  let isTidy: boolean;
  let deleted: DeletedRows | undefined;
  try {
    const overview = await findSession(database, session);
    if (
      isConfirmed ||
      (await confirm(`${describe(overview)} will be deleted from ${database.name} for good.`))
    ) {
      deleted = await deleteSession(database, overview.unique_id);
      print(report(overview, deleted));
    }
  } finally {
    isTidy = await database.close();
  }
  if (deleted === undefined) {
    process.stderr.write("Nothing was deleted.\n");
    return false;
  }
  print("Backups, exports and copies in other databases still hold it: delete it there too.");
  if (database.path === undefined) {
    print("The server overwrites the rows at its next VACUUM; its own archives keep them longer.");
  } else if (!isTidy) {
    process.stderr.write(
      `Another program holds ${database.path}-wal open, which still contains the rows; they are gone when that program has ended.\n`,
    );
  }
  return true;
}

/** @throws DatabaseError `not_confirmed` where the standard input is not a terminal. */
async function confirm(what: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new DatabaseError("not_confirmed", `${what} Not a terminal: pass --yes to confirm.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${escapeLines(what)}\nDelete it? Type yes: `)).trim() === "yes";
  } catch {
    // Ctrl-C or Ctrl-D.
    return false;
  } finally {
    terminal.close();
  }
}

function describe({
  session_id,
  participant_id,
  experiment_name,
  first_at,
  messages,
  trials,
}: SessionOverview) {
  const facts = [
    experiment_name === null ? "" : `experiment ${escapeForTerminal(experiment_name)}`,
    participant_id === null ? "" : `participant ${escapeForTerminal(participant_id)}`,
    first_at === null ? "" : `started ${first_at}`,
    plural(messages, "message"),
    plural(trials, "trial"),
  ];
  return `The session ${session_id} (${facts.filter((fact) => fact !== "").join(", ")})`;
}

function report({ session_id }: SessionOverview, deleted: DeletedRows): string {
  const rows = Object.entries(deleted).filter(([, n]) => n > 0);
  return [
    `The session ${session_id} is deleted:`,
    ...rows.map(([table, n]) => `  ${table}: ${plural(n, "row")}`),
  ].join("\n");
}

function print(text: string): void {
  process.stdout.write(`${escapeLines(text)}\n`);
}
