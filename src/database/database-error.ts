import { TelltaleError } from "../common/index.js";

export type DatabaseErrorCode =
  | "unavailable"
  | "altered_rows"
  | "replaced"
  | "stray_log"
  | "damaged_log"
  | "closed"
  | "read_only"
  | "bad_argument"
  | "bad_query"
  | "rejected"
  | "stored"
  | "in_use"
  | "disk_full"
  | "not_a_database"
  | "cannot_open"
  | "unsafe_folder"
  | "no_wal"
  | "unsafe_settings"
  | "aepsych_database"
  | "foreign_database"
  | "newer_database"
  | "outdated_database"
  | "bad_address"
  | "unknown_session"
  | "ambiguous_session"
  | "ambiguous_experiment"
  | "unknown_strat"
  | "session_live"
  | "not_confirmed";

/** Why the database cannot do what was asked; `message` is one sentence for the user. */
export class DatabaseError extends TelltaleError<DatabaseErrorCode> {
  override readonly name = "DatabaseError";
}
