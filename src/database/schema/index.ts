/** Schema: the tables of telltale, the check that a database has them, and the migrations that make them. */
export { checkSchema, needTables } from "./check-schema.js";
export { runMigrations } from "./run-migrations.js";
export { tableNames, viewNames } from "./tables.js";
