/** The client library: keeps an experiment's messages and brings each to a telltale daemon exactly once. Runs in a browser. */
export { Client, type ConnectOptions, type Setup, type SetupOptions, connect } from "./client.js";
export { ClientError, type ClientErrorCode } from "./client-error.js";
export type { ClientEvents, Listener } from "./events.js";
export type { SocketClass } from "./link.js";
export { openIndexedDbOutbox } from "./outbox/indexed-db-outbox.js";
export {
  type MissingMessage,
  type Outbox,
  type OutboxChanges,
  type OutboxContents,
  type OutboxDamage,
  type OutboxMessage,
  type RejectedMessage,
  type RejectionCode,
  type SuspectedMessage,
  openMemoryOutbox,
} from "./outbox/outbox.js";
export type { MessageOptions, Session, Tell } from "./session.js";
