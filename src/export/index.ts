export { chooseSessions } from "./choose-sessions.js";
export { type DatasetFile, bidsVersion, streamBidsDataset } from "./bids.js";
export { ExportError, type ExportErrorCode } from "./export-error.js";
export { type FileFormat, fileFormats } from "./format.js";
export { streamExport, type ExportOptions } from "./stream-export.js";
export { type WriteOptions, writeExportFile } from "./write-file.js";
export { writeExportFolder } from "./write-folder.js";
export { zipDataset } from "./zip.js";
