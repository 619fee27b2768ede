/** Engines: what differs between SQLite and PostgreSQL. */
export type { Engine } from "./engine.js";
export { type ErrorKind, isConnectionLost, isStatementError } from "./error-kind.js";
export { engineAt } from "./engine-at.js";
export { sqliteDriver } from "./sqlite-driver.js";
export { sqliteCodeOf } from "./sqlite-error.js";
export type { SqliteOptions } from "./sqlite.js";
export type { SqliteFile } from "./sqlite-file.js";
