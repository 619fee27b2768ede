import { ConfigError } from "./serve-config.js";

/** What sessions can be exported as. */
const formats = ["csv", "tsv", "ndjson", "messages", "bids"] as const;

/** What `telltale export` is told. */
export interface ExportConfig {
  /** What names the sessions, as the user wrote it. */
  readonly sessions: readonly string[] | "all";
  readonly format: (typeof formats)[number];
  /** The path of the file or folder. */
  readonly to: string;
  /** Whether to write over what is there. */
  readonly isForced: boolean;
  /** Whether texts that a spreadsheet would run as a formula stay as they are. */
  readonly isRaw: boolean;
}

/** The flags of `telltale export` that were given. */
export interface ExportFlags {
  readonly all?: boolean;
  readonly to?: string;
  readonly format?: string;
  readonly force?: boolean;
  readonly raw?: boolean;
}

export const exportFormatNames = formats.join(", ");

/** What a file's name says of its format. */
const endings: Readonly<Record<string, ExportConfig["format"]>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
};

/**
 * What the command line says, without the database.
 *
 * @throws ConfigError that names every problem at once.
 */
export function readExportConfig(sessions: readonly string[], flags: ExportFlags): ExportConfig {
  const problems: string[] = [];
  const isAll = flags.all === true;
  if (isAll && sessions.length > 0) problems.push("Name sessions, or give --all, and not both.");
  if (!isAll && sessions.length === 0) problems.push("Name a session to export, or give --all.");
  if (sessions.includes("")) problems.push("The name of a session must not be empty.");
  const { to = "" } = flags;
  if (to === "") problems.push("Say with --to which file or folder to write.");
  const format =
    formats.find((one) => one === flags.format) ?? endings[/\.[a-z]+$/i.exec(to)?.[0].toLowerCase() ?? ""];
  if (flags.format !== undefined && format !== flags.format) {
    problems.push(`--format must be one of ${exportFormatNames}; this is ${JSON.stringify(flags.format)}.`);
  } else if (format === undefined && to !== "") {
    problems.push(`Say with --format what to write: ${exportFormatNames}.`);
  } else if (flags.raw === true && format !== "csv" && format !== "tsv") {
    problems.push("--raw is for csv and tsv; the other formats leave every text as it is.");
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
