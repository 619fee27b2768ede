/** Exports: sessions as tables, JSON lines or a BIDS dataset, streamed in flat memory. */
export { type DatasetFile, bidsVersion, streamBidsDataset } from "./bids.js";
export { type Cell, toCell, writeTogether } from "./cell.js";
export { type ExportFormat, type FileFormat, exportFormats, fileFormats } from "./format.js";
export { type ExportOptions, streamExport } from "./stream-export.js";
export { formatRows } from "./trial-table.js";
export { writeExportFolder } from "./write-folder.js";
export { zipDataset } from "./zip.js";
