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
import { escapeForTerminal, plural, protectDatabase, replaceFile } from "../../common/index.js";
import type { ReadOnlyStore } from "../../database/index.js";
import { fileFormats, streamBidsDataset, streamExport, writeExportFolder } from "../../export/index.js";
import { type SessionOverview, chooseSessions } from "../../queries/index.js";
import { existingDatabaseOption, readDatabase } from "../existing-database.js";
import { columnsOption, rawOption } from "../output/listing.js";
import { ProgressLine } from "../output/progress-line.js";
import { reportRejected, reportUnderivable } from "../output/report-losses.js";
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
    .addOption(columnsOption())
    .option(
      "--with-metadata",
      "csv, tsv and ndjson: description and metadata of the session beside each trial",
    )
    .option("--excel", "csv: byte order mark, by which Excel knows UTF-8")
    .option("--decimal-comma", "csv and tsv: decimal comma in numbers; in csv, a semicolon between cells")
    .addOption(rawOption())
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
  const { format, isForced } = config;
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
      const text = streamExport(database, sessions, format, { ...config.options, signal, onRow });
      await replaceFile(path, text, options);
    }
  } finally {
    progress.end();
  }
  const written = plural(Math.round(rows / passes), format === "messages" ? "message" : "trial");
  process.stderr.write(`${path} holds ${written} of ${plural(sessions.length, "session")}.\n`);
  if (format !== "messages") {
    reportEmpty(sessions);
    await reportUnderivable(database, sessions);
  }
  const isAll = "filter" in config.sessions && Object.keys(config.sessions.filter).length === 0;
  await reportRejected(database, sessions, isAll);
}

/** Sessions that are named; the rest is counted. */
const maximumNamed = 10;

/** Prints a line on stderr that names the sessions without trials. */
function reportEmpty(sessions: readonly SessionOverview[]): void {
  const ids = sessions.filter(({ trials }) => trials === 0).map(({ session_id }) => session_id);
  if (ids.length === 0) return;
  const more = ids.length > maximumNamed ? [`and ${ids.length - maximumNamed} more`] : [];
  const named = [...ids.slice(0, maximumNamed), ...more].join(", ");
  const has = ids.length === 1 ? "has" : "have";
  process.stderr.write(`${plural(ids.length, "session")} ${has} no trials: ${escapeForTerminal(named)}.\n`);
}

/** The absolute path to write to: in an existing folder, the file gets the usual name of its format. */
async function resolveTarget({ to, format }: ExportConfig): Promise<string> {
  const path = resolve(to);
  if (format === "bids") return path;
  const isFolder = /[\\/]$/.test(to) || (await stat(path).catch(() => undefined))?.isDirectory() === true;
  return isFolder ? join(path, fileFormats[format].fileName) : path;
}
