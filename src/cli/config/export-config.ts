import { type ExportFormat, exportFormats } from "../../export/index.js";
import { listSessionProblems } from "../session-argument.js";
import { ConfigError } from "./config-error.js";

/** The configuration of `telltale export`. */
export interface ExportConfig {
  /** The names of the sessions as the user wrote them. */
  readonly sessions: readonly string[] | "all";
  readonly format: ExportFormat;
  /** The path of the file or folder. */
  readonly to: string;
  /** Whether an existing file or folder is replaced. */
  readonly isForced: boolean;
  /** Whether texts that a spreadsheet would run as formulas stay unchanged. */
  readonly isRaw: boolean;
}

/** The given flags of `telltale export`. */
export interface ExportFlags {
  readonly all?: boolean;
  readonly to?: string;
  readonly format?: string;
  readonly force?: boolean;
  readonly raw?: boolean;
}

export const exportFormatNames = exportFormats.join(", ");

/** The format for each file extension. */
const extensions: Readonly<Record<string, ExportFormat>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
};

/**
 * Reads the command line, except for the database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readExportConfig(sessions: readonly string[], flags: ExportFlags): ExportConfig {
  const isAll = flags.all === true;
  const problems = listSessionProblems(sessions, isAll, "export");
  const { to = "" } = flags;
  if (to === "") problems.push("Name the file or folder to write with --to.");
  const format =
    exportFormats.find((one) => one === flags.format) ??
    extensions[/\.[a-z]+$/i.exec(to)?.[0].toLowerCase() ?? ""];
  if (flags.format !== undefined && format !== flags.format) {
    problems.push(`--format must be one of ${exportFormatNames}, not ${JSON.stringify(flags.format)}.`);
  } else if (format === undefined && to !== "") {
    problems.push(`Choose a format with --format: ${exportFormatNames}.`);
  } else if (flags.raw === true && format !== "csv" && format !== "tsv") {
    problems.push("--raw is for csv and tsv only; the other formats change no texts.");
  }
  if (problems.length > 0 || format === undefined) throw new ConfigError(problems);
  return {
    sessions: isAll ? "all" : sessions,
    format,
    to,
    isForced: flags.force === true,
    isRaw: flags.raw === true,
  };
}
