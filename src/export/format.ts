/** What sessions can be exported as in one file; a BIDS dataset is a folder. */
export type FileFormat = "csv" | "tsv" | "ndjson" | "messages";

/** How a file of each format is called where the user names only a folder, and what it is sent as. */
export const fileFormats: Readonly<
  Record<FileFormat, { readonly fileName: string; readonly mediaType: string }>
> = {
  csv: { fileName: "trials.csv", mediaType: "text/csv; charset=utf-8" },
  tsv: { fileName: "trials.tsv", mediaType: "text/tab-separated-values; charset=utf-8" },
  ndjson: { fileName: "trials.ndjson", mediaType: "application/x-ndjson" },
  messages: { fileName: "messages.ndjson", mediaType: "application/x-ndjson" },
};
