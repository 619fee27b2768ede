/** Exports: sessions as tables, JSON lines or a BIDS dataset, streamed in flat memory. */
export { type DatasetFile, bidsVersion, streamBidsDataset } from "./bids.js";
export {
  type ExportFormat,
  type ExportOption,
  type FileFormat,
  exportFormats,
  fileFormats,
  isOptionOf,
  optionFormats,
} from "./format.js";
export { MetadataNames, readMetadata } from "./metadata.js";
export { selectColumns } from "./select-columns.js";
export { type ExportOptions, streamExport } from "./stream-export.js";
export { type Table, type TableFormat, writeTable } from "./table-text.js";
export { openTrialTable, sessionHeadings } from "./trial-table.js";
export { writeExportFolder } from "./write-folder.js";
export { zipDataset } from "./zip.js";
