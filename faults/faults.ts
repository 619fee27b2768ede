import { bitsFlipped, logBitsFlipped, runningLogBitsFlipped } from "./kinds/bits-flipped.js";
import { connectionsCut } from "./kinds/connections-cut.js";
import { clockSet } from "./kinds/clock-set.js";
import { daemonKilled, daemonKilledOnPostgres } from "./kinds/daemon-killed.js";
import { daemonStopped } from "./kinds/daemon-stopped.js";
import { databaseLocked } from "./kinds/database-locked.js";
import { diskFull } from "./kinds/disk-full.js";
import { killedCheckpointing } from "./kinds/killed-checkpointing.js";
import { killedMigrating } from "./kinds/killed-migrating.js";
import { killedStarting } from "./kinds/killed-starting.js";
import { killedStopping } from "./kinds/killed-stopping.js";
import { acknowledgedAfterSync } from "./kinds/acknowledged-after-sync.js";
import { syncErrors, writeErrors } from "./kinds/disk-errors.js";
import { clientKilled } from "./kinds/client-killed.js";
import { filesMoved } from "./kinds/files-moved.js";
import { outboxFlipped, outboxMoved } from "./kinds/outbox-changed.js";
import { hostileFrames } from "./kinds/hostile-frames.js";
import { attacked } from "./kinds/attacked.js";
import { silentReaders } from "./kinds/silent-readers.js";
import type { Fault } from "./fault.js";

/** All faults, in the order of the table. */
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
  bitsFlipped,
  logBitsFlipped,
  runningLogBitsFlipped,
  outboxFlipped,
  filesMoved,
  outboxMoved,
  hostileFrames,
  silentReaders,
  ...attacked,
];
