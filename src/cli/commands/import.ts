import { Command } from "commander";
import { type ImportConfig, importDatabaseSetting, readImportConfig } from "../config/import-config.js";
import { ConfigError } from "../config/serve-config.js";
import { DatabaseError, Store, engineAt } from "../../database/index.js";
import { type ImportReport, checkImport, importFile } from "../../maintenance/index.js";
import { plural } from "../../common/index.js";
import { showProgress } from "../output/progress-line.js";
import { settingOption } from "../setting-option.js";

/** How long to wait for a daemon that has the database locked. */
const busyTimeoutMs = 10_000;

/** `telltale import`: copies the sessions of files into a database. */
export function importCommand(): Command {
  return new Command("import")
    .description("copy the sessions of files that AEPsych or telltale wrote into a database")
    .argument("<file...>", "the SQLite files; they are only read")
    .addOption(settingOption(importDatabaseSetting))
    .action(async (files: string[], flags: { db?: string }) => {
      // What is left of a copy goes when the process is told to exit, and not when a signal ends it.
      for (const signal of ["SIGTERM", "SIGINT", "SIGBREAK"] as const) {
        if (signal !== "SIGBREAK" || process.platform === "win32") process.on(signal, () => process.exit(1));
      }
      try {
        const code = await importFiles(readImportConfig(files, flags));
        if (code !== 0) process.exitCode = code;
      } catch (error) {
        if (!(error instanceof ConfigError || error instanceof DatabaseError)) throw error;
        complain(explain(error));
        process.exitCode = 1;
      }
    });
}

/** What the user is told; the sentence of a database that cannot be written is for clients. */
function explain(error: ConfigError | DatabaseError): string {
  return error instanceof DatabaseError && error.code === "unavailable"
    ? "The database is locked by another program, or cannot be written; the sessions before are imported, run the same command again for the rest."
    : error.message;
}

/** Gives the exit code. */
async function importFiles({ db, files }: ImportConfig): Promise<number> {
  if (!(await areImportable(files, engineAt(db, busyTimeoutMs).path))) return 1;
  const database = await Store.open(db, { busyTimeoutMs });
  let code = 0;
  try {
    for (const file of files) {
      const report = await importFile(database, file, (text) => {
        showProgress(`${file}: ${text}`);
      });
      showProgress("");
      process.stdout.write(`${describe(report)}\n`);
      for (const conflict of report.conflicts) complain(`${report.path}: ${conflict}`);
      if (report.conflicts.length > 0) code = 1;
    }
  } finally {
    showProgress("");
    await database.close();
  }
  return code;
}

/** Whether all files can be imported; says of each what is wrong, before anything is written. */
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
  if (bad > 0 && bad < files.length) complain("Nothing was imported; leave these files out, or mend them.");
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
          `Read from an upgraded copy, the file itself is as it was: ${plural(upgrade.trialsAdded, "trial")} derived, extra_data given to ${plural(upgrade.extraDataFilled, "trial")}, ${plural(upgrade.underivable, "tell")} underivable.`,
          ...upgrade.notes,
        ]),
    ...notes,
  ].join("\n  ");
}

function complain(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
}
