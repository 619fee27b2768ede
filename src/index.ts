import "reflect-metadata";

export { Daemon, type DaemonOptions, ListenError } from "./daemon/index.js";
export { Database, DatabaseError, type DatabaseErrorCode, type DatabaseOptions } from "./database/index.js";
