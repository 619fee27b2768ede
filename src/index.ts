import "reflect-metadata";

export { Daemon, type DaemonOptions, ListenError } from "./daemon/index.js";
export { AccessError, type AccessErrorCode, type AccessOptions } from "./access/index.js";
export {
  Config,
  DeletedSession,
  Master,
  Outcome,
  Param,
  Raw,
  Rejected,
  Replay,
  Strat,
} from "./entities/index.js";
export { Timestamp, type Value, type ValueMap } from "./protocol/index.js";
export { DatabaseError, type DatabaseErrorCode } from "./database/index.js";
export { Database, type DatabaseOptions } from "./library/index.js";
