import { Command } from "commander";
import { escapeLines, plural } from "../../common/index.js";
import { DatabaseError, Store, engineAt } from "../../database/index.js";
import { type ImportReport, checkImport, importFile } from "../../maintenance/index.js";
import { ConfigError } from "../config/config-error.js";
import { readDatabaseLocation } from "../config/database-setting.js";
import { serveSettings } from "../config/serve-settings.js";
import { busyTimeoutMs } from "../existing-database.js";
import { showProgress } from "../output/progress-line.js";
import { reportFailure } from "../report-failure.js";
import { settingOption } from "../setting-option.js";
import { stopOnSignals } from "../stop-signals.js";

interface ImportFlags {
  readonly db?: string;
  /** Whether sessions that were deleted are imported too. */
  readonly restoreDeleted?: boolean;
}

/** `telltale import`: copies the sessions of files into a database. */
export function importCommand(): Command {
  return new Command("import")
    .description("copy the sessions of files that AEPsych or telltale wrote into a database")
    .argument("<file...>", "SQLite files; they are only read")
    .option("--restore-deleted", "import of sessions that were deleted from the database, too")
    .addOption(settingOption(serveSettings.db))
    .action((files: string[], { db, restoreDeleted = false }: ImportFlags) =>
      reportFailure(async () => {
        if (files.includes("")) throw new ConfigError(["The path of a file must not be empty."]);
        await stopOnSignals((signal) => {
          // An import cannot be aborted, but removes its temporary copy when the process exits.
          signal.addEventListener("abort", () => process.exit(1));
          return importFiles(readDatabaseLocation(db), files, restoreDeleted);
        });
      }, "The database is locked by another program or cannot be written. The sessions before are imported; run the same command again for the rest."),
    );
}

/** Imports files and prints a report of each; sets the exit code 1 if one is refused or in conflict. */
async function importFiles(
  location: string,
  files: readonly string[],
  restoresDeleted: boolean,
): Promise<void> {
  if (!(await areImportable(files, (await engineAt(location, busyTimeoutMs)).path))) {
    process.exitCode = 1;
    return;
  }
  const database = await Store.open(location, { busyTimeoutMs });
  try {
    for (const file of files) {
      const report = await importFile(database, file, {
        restoresDeleted,
        onProgress: (text) => {
          showProgress(`${file}: ${text}`);
        },
      });
      showProgress("");
      process.stdout.write(`${escapeLines(describe(report))}\n`);
      for (const conflict of report.conflicts) complain(`${report.path}: ${conflict}`);
      if (report.conflicts.length > 0) process.exitCode = 1;
    }
  } finally {
    showProgress("");
    await database.close();
  }
}

/** Whether every file can be imported; reports what is wrong with each before anything is written. */
async function areImportable(files: readonly string[], target: string | undefined): Promise<boolean> {
  let bad = 0;
  for (const file of files) {
    try {
      await checkImport(file, target);
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      complain(error.message);
      bad += 1;
    }
  }
  if (bad > 0 && bad < files.length) complain("Nothing was imported; leave these files out or repair them.");
  return bad === 0;
}

function describe({ path, upgrade, notes, conflicts, ...done }: ImportReport): string {
  const sessions = [
    `${plural(done.sessionsNew, "session")} new`,
    `${done.sessionsGrown} grown`,
    `${done.sessionsUnchanged} unchanged`,
    ...(conflicts.length > 0 ? [`${conflicts.length} in conflict`] : []),
  ];
  const added = `${plural(done.messages, "message")} and ${plural(done.trials, "trial")} added`;
  return [
    `${path}: ${sessions.join(", ")}; ${added}.`,
    ...(upgrade === undefined
      ? []
      : [
          `Read from an upgraded copy; the file itself is unchanged: ${plural(upgrade.trialsAdded, "trial")} derived, extra_data added to ${plural(upgrade.extraDataFilled, "trial")}, parameters or outcomes to ${upgrade.trialsCompleted}, ${plural(upgrade.underivable, "tell")} underivable.`,
          ...upgrade.notes,
        ]),
    ...notes,
  ].join("\n  ");
}

function complain(sentence: string): void {
  process.stderr.write(`${escapeLines(sentence)}\n`);
}
