export { chooseSessions } from "./choose-sessions.js";
export { type DatasetFile, bidsVersion, streamBidsDataset } from "./bids.js";
export { type Cell, toCell, writeTogether } from "./cell.js";
export { type FileFormat, fileFormats } from "./format.js";
export { streamExport, type ExportOptions } from "./stream-export.js";
export { formatRows } from "./trial-table.js";
export { writeExportFolder } from "./write-folder.js";
export { zipDataset } from "./zip.js";
