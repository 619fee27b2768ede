import {
  type ExportFormat,
  type ExportOption,
  type ExportOptions,
  exportFormats,
  isOptionOf,
  optionFormats,
} from "../../export/index.js";
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
  readonly options: ExportOptions;
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
  readonly excel?: boolean;
  readonly decimalComma?: boolean;
  readonly withMetadata?: boolean;
  readonly columns?: readonly string[];
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
  } else if (format !== undefined) {
    problems.push(...listMisfits(flags, format));
  }
  if (problems.length > 0 || format === undefined) throw new ConfigError(problems);
  return {
    sessions: choice,
    format,
    to,
    isForced: flags.force === true,
    options: {
      isRaw: flags.raw === true,
      isForExcel: flags.excel === true,
      hasDecimalComma: flags.decimalComma === true,
      withMetadata: flags.withMetadata === true,
      ...(flags.columns && { columns: flags.columns }),
    },
  };
}

/** A sentence for each given flag that is not for the format. */
function listMisfits(flags: ExportFlags, format: ExportFormat): string[] {
  const given = {
    raw: flags.raw,
    excel: flags.excel,
    decimal_comma: flags.decimalComma,
    columns: flags.columns,
    with_metadata: flags.withMetadata,
  } satisfies Record<ExportOption, unknown>;
  return (Object.keys(given) as ExportOption[])
    .filter((option) => given[option] !== undefined && !isOptionOf(option, format))
    .map(
      (option) =>
        `--${option.replace("_", "-")} is for ${optionFormats[option].join(" and ")}, not for ${format}.`,
    );
}
