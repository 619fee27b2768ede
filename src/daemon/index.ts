/** The daemon: starts and stops, takes messages through its doors, and reports how it is doing. */
export { Daemon } from "./daemon.js";
export type { DaemonOptions } from "./options.js";
export { ListenError } from "./listen.js";
