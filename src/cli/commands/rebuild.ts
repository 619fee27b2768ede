import { Command } from "commander";
import { escapeLines, plural } from "../../common/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import {
  KeptTally,
  type SessionRebuild,
  rebuildLiveSession,
  rebuildSession,
} from "../../maintenance/index.js";
import { findMaster, readMasters } from "../../queries/index.js";
import { ConfigError } from "../config/config-error.js";
import { readDatabaseLocation } from "../config/database-setting.js";
import { existingDatabaseOption, openExistingDatabase, openToRead } from "../existing-database.js";
import { reportFailure } from "../report-failure.js";
import { listSessionProblems, sessionsArgument } from "../session-argument.js";

/** The exit code if `--check` finds that a rebuild would change something, or trials that do not match the messages. */
const differsExitCode = 2;

type Sessions = readonly string[] | "all";
type Mode = "write" | "check";

interface RebuildFlags {
  readonly db?: string;
  readonly all?: boolean;
  readonly check?: boolean;
}

/** `telltale rebuild`: derives the trials of sessions again from their messages. */
export function rebuildCommand(): Command {
  return new Command("rebuild")
    .description(
      "derive the trials of sessions again from their messages, and write missing or different ones",
    )
    .addArgument(sessionsArgument())
    .option("--all", "every session")
    .option(
      "--check",
      `comparison only; exit code ${differsExitCode} if a rebuild would change something, or trials do not match their messages`,
    )
    .addOption(existingDatabaseOption())
    .action((sessions: string[], { db, all = false, check = false }: RebuildFlags) =>
      reportFailure(async () => {
        const problems = listSessionProblems(sessions, all, "rebuild");
        if (problems.length > 0) throw new ConfigError(problems);
        const location = readDatabaseLocation(db);
        const code = await rebuild(location, all ? "all" : sessions, check ? "check" : "write");
        if (code !== 0) process.exitCode = code;
      }, "The database is locked by another program or cannot be written. The sessions listed above are done; run the command again for the rest."),
    );
}

interface Target {
  readonly database: ReadOnlyStore;
  /** Compares one session, and writes the differences unless the mode is "check". */
  readonly rebuildOne: (masterId: number) => Promise<SessionRebuild>;
}

async function openTarget(location: string, mode: Mode): Promise<Target> {
  if (mode === "check") {
    const database = await openToRead(location);
    const rebuildOne = (id: number) => database.readScope((manager) => rebuildSession(manager, id, mode));
    return { database, rebuildOne };
  }
  const database = await openExistingDatabase(location);
  return { database, rebuildOne: (id) => rebuildLiveSession(database, id) };
}

/** Rebuilds or compares sessions; returns the exit code. */
async function rebuild(location: string, sessions: Sessions, mode: Mode): Promise<number> {
  const { database, rebuildOne } = await openTarget(location, mode);
  let [seen, differing] = [0, 0];
  const kept = new KeptTally();
  try {
    for await (const masterId of mastersOf(database, sessions)) {
      const session = await rebuildOne(masterId);
      seen += 1;
      if (session.isDifferent) differing += 1;
      kept.add(session.sessionId, session.kept);
      if (session.isDifferent) print(describe(session, mode));
    }
    for (const sentence of kept.describe()) print(sentence);
    if (seen === 0) print(`${database.name} holds no sessions.`);
    else print(summarise(seen, differing, mode));
  } finally {
    await database.close();
  }
  return mode === "check" && (differing > 0 || kept.hasUnmatched) ? differsExitCode : 0;
}

type Scope = ReadOnlyStore["readScope"];

/** The unique_ids of the sessions. Named sessions are all looked up before the first is rebuilt. */
async function* mastersOf(database: ReadOnlyStore, sessions: Sessions): AsyncGenerator<number> {
  const read: Scope = (work) => database.readScope(work);
  if (sessions === "all") {
    yield* readMasters(read);
    return;
  }
  const masters = new Set<number>();
  for (const name of sessions) masters.add(await read((manager) => findMaster(manager, name)));
  yield* masters;
}

function describe(session: SessionRebuild, mode: Mode): string {
  const { errorsChanged, timesChanged, moreDifferences } = session;
  const counts = [
    [session.trialsAdded, "added"],
    [session.trialsRemoved, "removed"],
    [session.trialsCompleted, "completed"],
    [session.trialsEqual, "equal"],
    [session.extraDataFilled, "given extra_data"],
  ] as const;
  const parts = counts.filter(([n]) => n > 0).map(([n, what]) => `${plural(n, "trial")} ${what}`);
  if (errorsChanged > 0) parts.push(`${errorsChanged} derivation_error changed`);
  if (timesChanged > 0) parts.push(`${plural(timesChanged, "time")} of messages changed`);
  const verb = mode === "check" ? "differs" : "rebuilt";
  return [
    `${session.sessionId}: ${[verb, ...parts].join(", ")}`,
    ...session.differences,
    ...(moreDifferences > 0 ? [`… and ${moreDifferences} more.`] : []),
  ].join("\n  ");
}

function summarise(seen: number, differing: number, mode: Mode): string {
  const sessions = plural(seen, "session");
  return mode === "check"
    ? `${sessions} compared, ${differing} would change.`
    : `${sessions} compared, ${differing} changed.`;
}

function print(text: string): void {
  process.stdout.write(`${escapeLines(text)}\n`);
}
