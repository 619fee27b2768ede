/** Store: a database opened to read, or to read and write, and the throttle of its readers. */
export { ReadOnlyStore, type ReadOnlyStoreOptions, asUnreadable } from "./read-only-store.js";
export { Store, type StoreOptions } from "./store.js";
