import { Command } from "commander";
import {
  type RebuildConfig,
  type RebuildFlags,
  readRebuildConfig,
  rebuildDatabaseSetting,
} from "../config/rebuild-config.js";
import { ConfigError } from "../config/serve-config.js";
import { type ReadOnlyStore, DatabaseError } from "../../database/index.js";
import { type SessionRebuild, rebuildBesideWriters, rebuildSession } from "../../maintenance/index.js";
import { findMaster, readMasters } from "../../queries/index.js";
import { plural } from "../../common/index.js";
import { openExistingDatabase, openToRead } from "../existing-database.js";
import { settingOption } from "../setting-option.js";

/** What the command exits with where `--check` found that a rebuild would change something. */
const differsExitCode = 2;

/** `telltale rebuild`: derives the trials of sessions again from their messages. */
export function rebuildCommand(): Command {
  return new Command("rebuild")
    .description(
      "derive the trials of sessions again from their messages, and write what is missing or differs",
    )
    .argument("[session...]", "the sessions: an id, the beginning of one, or a unique_id in master")
    .option("--all", "every session")
    .option("--check", `only compare; exit with ${differsExitCode} when something would be written`)
    .addOption(settingOption(rebuildDatabaseSetting))
    .action(async (sessions: string[], flags: RebuildFlags) => {
      try {
        const code = await rebuild(readRebuildConfig(sessions, flags));
        if (code !== 0) process.exitCode = code;
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof DatabaseError)) throw error;
        process.stderr.write(`${explain(error)}\n`);
        process.exitCode = 1;
      }
    });
}

/** What the user is told; the sentence of a database that cannot be written is for clients. */
function explain(error: ConfigError | DatabaseError): string {
  return error instanceof DatabaseError && error.code === "unavailable"
    ? "The database is locked by another program, or cannot be written; what is said above is done, try the rest again."
    : error.message;
}

interface Target {
  readonly database: ReadOnlyStore;
  /** Compares one session, and writes the differences unless the mode is "check". */
  readonly rebuildOne: (masterId: number) => Promise<SessionRebuild>;
}

async function openTarget(db: string, mode: RebuildConfig["mode"]): Promise<Target> {
  if (mode === "check") {
    const database = await openToRead(db);
    const rebuildOne = (id: number) => database.readScope((manager) => rebuildSession(manager, id, mode));
    return { database, rebuildOne };
  }
  const database = await openExistingDatabase(db);
  return { database, rebuildOne: (id) => rebuildBesideWriters(database, id) };
}

/** Gives the exit code. */
async function rebuild({ db, sessions, mode }: RebuildConfig): Promise<number> {
  const { database, rebuildOne } = await openTarget(db, mode);
  let [seen, differing] = [0, 0];
  try {
    for await (const masterId of mastersOf(database, sessions)) {
      const session = await rebuildOne(masterId);
      seen += 1;
      if (session.isDifferent) differing += 1;
      if (session.isDifferent || session.notes.length > 0) print(describe(session, mode));
    }
    if (seen === 0) print(`${database.name} holds no sessions.`);
    else print(summarise(seen, differing, mode));
  } finally {
    await database.close();
  }
  return mode === "check" && differing > 0 ? differsExitCode : 0;
}

type Scope = ReadOnlyStore["readScope"];

/** The unique_ids of the sessions that are meant; those that a user names are all known before the first is rebuilt. */
async function* mastersOf(
  database: ReadOnlyStore,
  sessions: RebuildConfig["sessions"],
): AsyncGenerator<number> {
  const read: Scope = (work) => database.readScope(work);
  if (sessions === "all") {
    yield* readMasters(read);
    return;
  }
  const masters = new Set<number>();
  for (const name of sessions) masters.add(await read((manager) => findMaster(manager, name)));
  yield* masters;
}

function describe(session: SessionRebuild, mode: RebuildConfig["mode"]): string {
  const { trialsAdded, trialsRemoved, trialsEqual, extraDataFilled, errorsChanged, moreDifferences } =
    session;
  const counts = [
    [trialsAdded, "added"],
    [trialsRemoved, "removed"],
    [trialsEqual, "equal"],
    [extraDataFilled, "given extra_data"],
  ] as const;
  const parts = counts.filter(([n]) => n > 0).map(([n, what]) => `${plural(n, "trial")} ${what}`);
  if (errorsChanged > 0) parts.push(`${errorsChanged} derivation_error changed`);
  const verb = !session.isDifferent ? "no difference" : mode === "check" ? "differs" : "rebuilt";
  return [
    `${session.sessionId}: ${[verb, ...parts].join(", ")}`,
    ...session.differences,
    ...(moreDifferences > 0 ? [`… and ${moreDifferences} more.`] : []),
    ...session.notes,
  ].join("\n  ");
}

function summarise(seen: number, differing: number, mode: RebuildConfig["mode"]): string {
  const sessions = plural(seen, "session");
  return mode === "check"
    ? `${sessions} compared, ${differing} would change.`
    : `${sessions} compared, ${differing} changed.`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
