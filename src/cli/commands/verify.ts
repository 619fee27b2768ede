import { Command } from "commander";
import { escapeForTerminal, plural } from "../../common/index.js";
import { DatabaseError, type ReadOnlyStore, sqliteCodeOf } from "../../database/index.js";
import {
  type Finding,
  requireCurrentSchema,
  verifySession,
  verifyStructure,
} from "../../maintenance/index.js";
import { findMaster, readMasters } from "../../queries/index.js";
import { ConfigError } from "../config/config-error.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { damagedExitCode, describeFinding } from "../output/describe-finding.js";
import { reportFailure } from "../report-failure.js";
import { listSessionProblems, sessionsArgument } from "../session-argument.js";

/** Why a database cannot be opened if it is damaged, or is not one that telltale wrote. */
const damages = ["not_a_database", "foreign_database", "newer_database", "aepsych_database"];

/** SQLite's codes for a page that is damaged, and for a table or column whose name is. */
const damageCodes = ["SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_ERROR"];

interface VerifyFlags {
  readonly db?: string;
  readonly all?: boolean;
}

/** `telltale verify`: checks that a database is as telltale wrote it. */
export function verifyCommand(): Command {
  return new Command("verify")
    .description(
      `check that nothing was changed since it was stored: digests, columns, trials, references and the file; exit code ${damagedExitCode} if something is wrong`,
    )
    .addArgument(sessionsArgument())
    .option("--all", "every session")
    .addOption(existingDatabaseOption())
    .action((sessions: string[], { db, all = false }: VerifyFlags) =>
      reportFailure(async () => {
        const problems = listSessionProblems(sessions, all, "verify");
        if (problems.length > 0) throw new ConfigError(problems);
        process.exitCode = await verify(db, all ? "all" : sessions);
      }),
    );
}

/** Prints what is wrong; returns the exit code. */
async function verify(db: string | undefined, sessions: readonly string[] | "all"): Promise<number> {
  try {
    const wrong = await readDatabase(db, (database) => verifyDatabase(database, sessions));
    return wrong === 0 ? 0 : damagedExitCode;
  } catch (error) {
    const problem = describeDamage(error);
    if (problem === undefined) throw error;
    print(problem);
    return damagedExitCode;
  }
}

/** The sentence for an error that damage causes; undefined for any other. */
function describeDamage(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error instanceof DatabaseError && damages.includes(error.code)) return error.message;
  // A reader hides the cause from clients.
  const cause = error instanceof DatabaseError && error.code === "unavailable" ? error.cause : error;
  if (!(cause instanceof Error) || !damageCodes.includes(sqliteCodeOf(cause) ?? "")) return undefined;
  return `The database is damaged and cannot be read to its end: ${cause.message}. Restore it from a backup.`;
}

/** Verifies the database as a whole, then each session; returns how much is wrong. */
async function verifyDatabase(database: ReadOnlyStore, sessions: readonly string[] | "all"): Promise<number> {
  await requireCurrentSchema(database);
  const structure = await verifyStructure(database);
  structure.list.forEach(printFinding);
  let [seen, messages, wrong] = [0, 0, structure.count];
  for await (const masterId of mastersOf(database, sessions)) {
    const session = await verifySession(database, masterId);
    if (session === undefined) continue;
    seen += 1;
    messages += session.messages;
    wrong += session.findings.count;
    session.findings.list.forEach(printFinding);
    const { more } = session.findings;
    if (more > 0) print(`${session.sessionId}: … and ${more} more.`);
  }
  const checked = `${plural(seen, "session")} with ${plural(messages, "message")} verified`;
  print(wrong === 0 ? `${checked}; nothing is wrong.` : `${checked}; ${plural(wrong, "problem")} found.`);
  return wrong;
}

/** The unique_ids of the sessions; named sessions are all looked up before the first is verified. */
async function* mastersOf(
  database: ReadOnlyStore,
  sessions: readonly string[] | "all",
): AsyncGenerator<number> {
  if (sessions === "all") {
    yield* readMasters((work) => database.readScope(work));
    return;
  }
  const masters = new Set<number>();
  for (const name of sessions) masters.add(await database.readScope((manager) => findMaster(manager, name)));
  yield* masters;
}

function printFinding(finding: Finding): void {
  print(describeFinding(finding));
}

function print(text: string): void {
  process.stdout.write(`${escapeForTerminal(text)}\n`);
}
