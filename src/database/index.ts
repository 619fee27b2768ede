export { type CopyOptions, type SnapshotCopy, copySnapshot } from "../maintenance/backup/copy-snapshot.js";
export { Database, type DatabaseOptions } from "../library/database.js";
export { DatabaseError, type DatabaseErrorCode } from "./database-error.js";
export { type DeletedRows, deleteSession } from "../maintenance/delete-session.js";
export { type Liveness, isLive } from "./session-liveness.js";
export { findMaster, readMasters } from "../queries/find-session.js";
export { type ImportReport, importFile } from "../maintenance/import/import-file.js";
export { checkImport } from "../maintenance/import/import-source.js";
export {
  type Cell,
  columnText,
  idLists,
  insertRows,
  maximumInteger,
  placeholder,
  placeholders,
  query,
} from "./sql.js";
export { rebuildSession } from "../maintenance/rebuild/rebuild-session.js";
export { rebuildBesideWriters } from "../maintenance/rebuild/rebuild-beside-writers.js";
export type { RebuildMode, SessionRebuild } from "../maintenance/rebuild/session-rebuild.js";
export type { Settlement } from "./writing/settlement.js";
export { type Read, type SizedRows, pages, pagesBySize, splitByBytes } from "./pages.js";
export type {
  MessageWrite,
  ReceivedMessage,
  RejectionWrite,
  Session,
  SessionWrite,
  StoredMessage,
  Write,
} from "../derivation/index.js";
export {
  type UpgradePlan,
  type UpgradeReport,
  planUpgradeOf,
  upgradeFile,
} from "../maintenance/upgrade/upgrade.js";
export type { SetupRecord } from "../library/record-writer.js";
export { redactError } from "./writing/redact-error.js";
export type { CommittedBatch } from "./writing/write-queue.js";
