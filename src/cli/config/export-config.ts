import { type ExportFormat, exportFormats } from "../../export/index.js";
import { type SessionChoice, toSessionFilter } from "../../queries/index.js";
import { type FilterFlags, readSessionChoice } from "../session-choice.js";
import { ConfigError } from "./config-error.js";

/** The configuration of `telltale export`. */
export interface ExportConfig {
  readonly sessions: SessionChoice;
  readonly format: ExportFormat;
  /** The path of the file or folder. */
  readonly to: string;
  /** Whether an existing file or folder is replaced. */
  readonly isForced: boolean;
  /** Whether texts that a spreadsheet would run as formulas stay unchanged. */
  readonly isRaw: boolean;
}

/** The given flags of `telltale export`. */
export interface ExportFlags extends Omit<FilterFlags, "to"> {
  readonly all?: boolean;
  /** The latest start of the sessions: `--to` names the file. */
  readonly until?: string;
  readonly to?: string;
  readonly format?: string;
  readonly force?: boolean;
  readonly raw?: boolean;
}

/** The flag of the latest start. */
export const untilFlag = "--until";

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
export function readExportConfig(names: readonly string[], flags: ExportFlags): ExportConfig {
  const problems: string[] = [];
  const { participant, experiment, from, until, all: isAll = false, to = "" } = flags;
  const filter = toSessionFilter({ participant, experiment, from, to: until });
  const choice = readSessionChoice({ names, filter, isAll, toFlag: untilFlag }, "export", problems);
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
    sessions: choice,
    format,
    to,
    isForced: flags.force === true,
    isRaw: flags.raw === true,
  };
}
