export { type CopyOptions, type SnapshotCopy, copySnapshot } from "./copy-snapshot.js";
export { Database, type DatabaseOptions } from "./database.js";
export { DatabaseError, type DatabaseErrorCode } from "./database-error.js";
export { type DeletedRows, deleteSession } from "./delete-session.js";
export { type Liveness, isLive } from "./live.js";
export { findMaster, readMasters } from "./find-masters.js";
export { type ImportReport, importFile } from "./import-file.js";
export { checkImport } from "./import-source.js";
export { columnText, placeholder, query } from "./rows.js";
export { rebuildSession } from "./rebuild.js";
export { rebuildBesideWriters } from "./rebuild-beside-writers.js";
export type { RebuildMode, SessionRebuild } from "./session-rebuild.js";
export type { Settlement } from "./settlement.js";
export { splitByBytes } from "./split-by-bytes.js";
export type {
  MessageWrite,
  ReceivedMessage,
  RejectionWrite,
  Session,
  SessionWrite,
  StoredMessage,
  Write,
} from "../derivation/index.js";
export { type UpgradePlan, type UpgradeReport, planUpgradeOf, upgradeFile } from "./upgrade.js";
export type { SetupRecord } from "./record-writer.js";
export { withoutData } from "./without-data.js";
export type { CommittedBatch } from "./write-queue.js";
