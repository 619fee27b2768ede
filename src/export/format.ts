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
