/** Maintenance: what an operator does with a database: back it up, rebuild, import and upgrade it, delete a session. */
export { writeBackup } from "./backup/write-backup.js";
export { type DeletedRows, type DeletionRecord, deleteSession } from "./delete/delete-session.js";
export { type ImportOptions, type ImportReport, importFile } from "./import/import-file.js";
export { checkImport } from "./import/import-source.js";
export { KeptTally } from "./rebuild/kept-trials.js";
export { rebuildLiveSession } from "./rebuild/rebuild-live-session.js";
export { rebuildSession } from "./rebuild/rebuild-session.js";
export type { RebuildMode, SessionRebuild } from "./rebuild/session-rebuild.js";
export type { Finding } from "./verify/finding.js";
export { type DatabaseVerification, requireCurrentSchema, verifyDatabase } from "./verify/verify-database.js";
export { type SessionVerification, verifySession } from "./verify/verify-session.js";
export { verifyStructure } from "./verify/verify-structure.js";
export { type UpgradePlan, planUpgradeOf } from "./upgrade/plan.js";
export { type UpgradeReport, upgrade, upgradeFile } from "./upgrade/upgrade.js";
