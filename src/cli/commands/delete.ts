import { hostname, userInfo } from "node:os";
import { createInterface } from "node:readline/promises";
import { Command } from "commander";
import { readDatabaseLocation } from "../config/database-setting.js";
import { escapeForTerminal, escapeLines, plural } from "../../common/index.js";
import { DatabaseError } from "../../database/index.js";
import { type DeletedRows, type DeletionRecord, deleteSession } from "../../maintenance/index.js";
import { type SessionChoice, type SessionOverview, chooseSessions } from "../../queries/index.js";
import { existingDatabaseOption, openExistingDatabase } from "../existing-database.js";
import { reportFailure } from "../report-failure.js";
import { optionalSessionArgument } from "../session-argument.js";
import { type FilterFlags, addFilterOptions, chooseByCommandLine } from "../session-choice.js";

interface DeleteFlags extends FilterFlags {
  readonly db?: string;
  /** Whether to leave a record of the deletion. */
  readonly record?: boolean;
  /** Whether to delete without asking. */
  readonly yes?: boolean;
}

/** `telltale delete`: deletes sessions for good, as when a participant withdraws. */
export function deleteCommand(): Command {
  const command = new Command("delete")
    .description("delete every row of a session or of several, as when a participant withdraws")
    .addArgument(optionalSessionArgument());
  return addFilterOptions(command)
    .option("--yes", "deletion without asking for confirmation")
    .option("--no-record", "acceptance of later messages and imports of the session")
    .addOption(existingDatabaseOption())
    .action((name: string | undefined, { db, yes = false, record = true, ...filter }: DeleteFlags) =>
      reportFailure(async () => {
        const choice = chooseByCommandLine(name, filter, "delete");
        const by = record ? { by: nameUser() } : "none";
        if (!(await deleteChosen(readDatabaseLocation(db), choice, yes, by))) process.exitCode = 1;
      }),
    );
}

/** Whether the sessions were deleted. */
async function deleteChosen(
  location: string,
  choice: SessionChoice,
  isConfirmed: boolean,
  record: DeletionRecord,
): Promise<boolean> {
  const database = await openExistingDatabase(location);
  let isTidy: boolean;
  let isDeleted = false;
  try {
    const sessions = await chooseSessions(database, choice);
    checkLiveness(sessions);
    if (isConfirmed || (await confirm(sessions, database.name))) {
      for (const session of sessions) {
        print(report(session, await deleteSession(database, session.unique_id, record)));
        isDeleted = true;
      }
    }
  } finally {
    isTidy = await database.close();
  }
  if (!isDeleted) {
    process.stderr.write("Nothing was deleted.\n");
    return false;
  }
  if (record !== "none") print("A record is kept in deleted_session: late messages and imports are refused.");
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

/** @throws DatabaseError `session_live`, before any session is deleted. */
function checkLiveness(sessions: readonly SessionOverview[]): void {
  const live = sessions.find((session) => session.live);
  if (live === undefined) return;
  throw new DatabaseError(
    "session_live",
    `The session ${live.session_id} is live: its last message is less than ten minutes old and is not an exit. No session is deleted; end it, or wait.`,
  );
}

/** @throws DatabaseError `not_confirmed` where the standard input is not a terminal. */
async function confirm(sessions: readonly SessionOverview[], database: string): Promise<boolean> {
  const isOne = sessions.length === 1;
  const what = [...sessions.map(describe), `will be deleted from ${database} for good.`].join(
    isOne ? " " : "\n",
  );
  if (!process.stdin.isTTY) {
    throw new DatabaseError("not_confirmed", `${what} Not a terminal: pass --yes to confirm.`);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (
      (
        await terminal.question(`${escapeLines(what)}\nDelete ${isOne ? "it" : "them"}? Type yes: `)
      ).trim() === "yes"
    );
  } catch {
    // Ctrl-C or Ctrl-D.
    return false;
  } finally {
    terminal.close();
  }
}

/** The user and the machine: `anna@lab-2`. */
function nameUser(): string {
  try {
    return `${userInfo().username}@${hostname()}`;
  } catch {
    // The system does not know the user, as in many containers.
    return `${process.getuid?.() ?? "unknown"}@${hostname()}`;
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
