import { daemonKilled } from "./daemon-killed.js";
import type { Fault } from "./fault.js";

/** Every fault there is, in the order of the table. */
export const faults: readonly Fault[] = [daemonKilled];
