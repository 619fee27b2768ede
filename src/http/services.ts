import type { ReadOnlyStore } from "../database/index.js";
import type { ReadSlots } from "./read-slots.js";

/** What the routes work with. */
export interface ApiServices {
  /** The database to read. */
  readonly archive: ReadOnlyStore;
  /** The ids of the sessions that have a connection now. */
  readonly boundSessions: () => ReadonlySet<string>;
  /** Bounds how many requests read at once. */
  readonly readSlots: ReadSlots;
  /** The version of telltale. */
  readonly version: string;
}
