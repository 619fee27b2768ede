/** Schema: the tables of telltale, the check that a database has them, and the migrations that make them. */
export { checkSchema, needTables, runMigrations, tableNames, viewNames } from "./check-schema.js";
