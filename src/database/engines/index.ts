/** Engines: what differs between SQLite and PostgreSQL. */
export type { Engine } from "./engine.js";
export { engineAt } from "./engine-at.js";
export { SqliteEngine } from "./sqlite.js";
export { sqliteDriver } from "./sqlite-driver.js";
export { sqliteCodeOf } from "./sqlite-error.js";
