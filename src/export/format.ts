/** The formats of an export. */
export const exportFormats = ["csv", "tsv", "ndjson", "messages", "bids"] as const;
export type ExportFormat = (typeof exportFormats)[number];

/** The formats that are one file; a BIDS dataset is a folder. */
export type FileFormat = Exclude<ExportFormat, "bids">;

/** The default file name and the media type of each format. */
export const fileFormats: Readonly<
  Record<FileFormat, { readonly fileName: string; readonly mediaType: string }>
> = {
  csv: { fileName: "trials.csv", mediaType: "text/csv; charset=utf-8" },
  tsv: { fileName: "trials.tsv", mediaType: "text/tab-separated-values; charset=utf-8" },
  ndjson: { fileName: "trials.ndjson", mediaType: "application/x-ndjson" },
  messages: { fileName: "messages.ndjson", mediaType: "application/x-ndjson" },
};

/** The formats that each option is for. */
export const optionFormats = {
  raw: ["csv", "tsv"],
  excel: ["csv"],
  decimal_comma: ["csv", "tsv"],
  columns: ["csv", "tsv"],
  with_metadata: ["csv", "tsv", "ndjson"],
} as const satisfies Readonly<Record<string, readonly ExportFormat[]>>;
export type ExportOption = keyof typeof optionFormats;

/** Whether an option is for a format. */
export function isOptionOf(option: ExportOption, format: ExportFormat): boolean {
  return (optionFormats[option] as readonly ExportFormat[]).includes(format);
}
