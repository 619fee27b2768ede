/** The store: a telltale database with one writer behind a queue, and readers that cannot write. */
export { DatabaseError, type DatabaseErrorCode } from "./database-error.js";
export {
  type Engine,
  type SqliteFile,
  engineAt,
  isStatementError,
  sqliteCodeOf,
  sqliteDriver,
} from "./engines/index.js";
export { type Read, type SizedRows, pages, pagesBySize, splitByBytes } from "./pages.js";
export { runMigrations, tableNames } from "./schema/index.js";
export { type Liveness, isLive } from "./session-liveness.js";
export {
  type Cell,
  columnJson,
  columnText,
  columnTime,
  idLists,
  insertRows,
  maximumInteger,
  placeholder,
  placeholders,
  query,
} from "./sql.js";
export {
  ReadOnlyStore,
  type ReadOnlyStoreOptions,
  Store,
  type StoreOptions,
  asUnreadable,
} from "./store/index.js";
export {
  type CommittedBatch,
  type LockedSession,
  type NewTrials,
  type Settlement,
  TrialInserter,
  countCharacters,
  describeDeleted,
  findDeleted,
  insertCells,
  lockSession,
  redactError,
} from "./writing/index.js";
export type {
  MessageWrite,
  ReceivedMessage,
  RejectionWrite,
  Session,
  SessionWrite,
  StoredMessage,
  Write,
} from "../derivation/index.js";
