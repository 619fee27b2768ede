/** Files: what lies at the path of a SQLite database, before it is opened and while it is open. */
export { checkWal, findLogDamage } from "./check-wal.js";
export { countOpen } from "./open-here.js";
export { OpenFiles, ReplacedError } from "./open-files.js";
export { rescue } from "./rescue.js";
