import { connectionsCut } from "./connections-cut.js";
import { clockSet } from "./clock-set.js";
import { daemonKilled, daemonKilledOnPostgres } from "./daemon-killed.js";
import { daemonStopped } from "./daemon-stopped.js";
import { databaseLocked } from "./database-locked.js";
import { diskFull } from "./disk-full.js";
import { killedCheckpointing } from "./killed-checkpointing.js";
import { killedMigrating } from "./killed-migrating.js";
import { killedStarting } from "./killed-starting.js";
import { killedStopping } from "./killed-stopping.js";
import { acknowledgedAfterSync } from "./acknowledged-after-sync.js";
import { syncErrors, writeErrors } from "./disk-errors.js";
import { clientKilled } from "./client-killed.js";
import { hostileFrames } from "./hostile-frames.js";
import { silentReaders } from "./silent-readers.js";
import type { Fault } from "./fault.js";

/** Every fault there is, in the order of the table. */
export const faults: readonly Fault[] = [
  daemonKilled,
  daemonKilledOnPostgres,
  killedStarting,
  killedMigrating,
  killedStopping,
  killedCheckpointing,
  diskFull,
  syncErrors,
  writeErrors,
  acknowledgedAfterSync,
  databaseLocked,
  connectionsCut,
  clientKilled,
  daemonStopped,
  clockSet,
  hostileFrames,
  silentReaders,
];
