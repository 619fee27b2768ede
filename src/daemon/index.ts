export { Daemon, type DaemonOptions } from "./daemon.js";
export { ListenError } from "./listen.js";
