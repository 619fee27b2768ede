import "reflect-metadata";

export { Daemon, type DaemonOptions, ListenError } from "./daemon/index.js";
export { AccessError, type AccessErrorCode, type AccessOptions } from "./access/index.js";
export { Config, Master, Outcome, Param, Raw, Rejected, Replay, Strat } from "./entities/index.js";
export { Timestamp, type Value, type ValueMap } from "./protocol/index.js";
export { Database, DatabaseError, type DatabaseErrorCode, type DatabaseOptions } from "./database/index.js";
