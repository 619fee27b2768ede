export { Daemon, type DaemonOptions, ListenError } from "./daemon.js";
