/** The library: AEPsych's database functions over a store, for programs that use telltale as a package. */
export { Database, type DatabaseOptions } from "./database.js";
export type { RawRecord, SetupRecord } from "./record-writer.js";
