import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { Command } from "commander";
import {
  type ExportConfig,
  type ExportFlags,
  exportFormatNames,
  readExportConfig,
  untilFlag,
} from "../config/export-config.js";
import { plural, protectDatabase, replaceFile } from "../../common/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import { fileFormats, streamBidsDataset, streamExport, writeExportFolder } from "../../export/index.js";
import { chooseSessions } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { ProgressLine } from "../output/progress-line.js";
import { reportFailure } from "../report-failure.js";
import { sessionsArgument } from "../session-argument.js";
import { addFilterOptions } from "../session-choice.js";
import { writeUntilStopped } from "../stop-signals.js";
import { version } from "../version.js";

/** `telltale export`: writes the trials or messages of sessions to a file or folder. */
export function exportCommand(): Command {
  const command = new Command("export")
    .description("write the trials or messages of sessions to a file, or as a BIDS dataset to a folder")
    .addArgument(sessionsArgument())
    .option("--all", "every session");
  return addFilterOptions(command, untilFlag)
    .option("--to <path>", "file to write, or the folder to write it into; for bids the folder to create")
    .option("--format <format>", `${exportFormatNames}; default: from the file extension`)
    .option("--force", "replacement of an existing file or folder")
    .option("--raw", "csv and tsv: unchanged texts, even those that a spreadsheet would run as formulas")
    .addOption(existingDatabaseOption())
    .action((sessions: string[], { db, ...flags }: ExportFlags & { readonly db?: string }) =>
      reportFailure(async () => {
        const config = readExportConfig(sessions, flags);
        await writeUntilStopped((signal) =>
          readDatabase(db, (database) => runExport(database, config, signal)),
        );
      }),
    );
}

async function runExport(database: ReadOnlyStore, config: ExportConfig, signal: AbortSignal): Promise<void> {
  const { format, isForced, isRaw } = config;
  const path = await resolveTarget(config);
  await protectDatabase(path, database.path);
  const sessions = await chooseSessions(database, config.sessions);
  const what = format === "messages" ? "messages" : "trials";
  const total = sessions.reduce((sum, session) => sum + session[what], 0);
  const passes = format === "ndjson" || format === "messages" ? 1 : 2;
  const progress = new ProgressLine();
  let rows = 0;
  const onRow = (): void => {
    rows += 1;
    progress.show(rows, passes * total);
  };
  try {
    const options = { isForced, signal };
    if (format === "bids") {
      await writeExportFolder(
        path,
        streamBidsDataset(database, sessions, { version, signal, onRow }),
        options,
      );
    } else {
      await replaceFile(path, streamExport(database, sessions, format, { isRaw, signal, onRow }), options);
    }
  } finally {
    progress.end();
  }
  const written = plural(Math.round(rows / passes), format === "messages" ? "message" : "trial");
  process.stderr.write(`${path} holds ${written} of ${plural(sessions.length, "session")}.\n`);
}

/** The absolute path to write to: in an existing folder, the file gets the usual name of its format. */
async function resolveTarget({ to, format }: ExportConfig): Promise<string> {
  const path = resolve(to);
  if (format === "bids") return path;
  const isFolder = /[\\/]$/.test(to) || (await stat(path).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(path, fileFormats[format].fileName) : path;
}
