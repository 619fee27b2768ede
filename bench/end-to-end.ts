import { DaemonProcess } from "../harness/daemon-process.js";
import type { LoadResult } from "../harness/load/load.js";
import { type Load, runLoad } from "../harness/load/run-load.js";

/** The results of one load, and the daemon's resource use. */
export interface EndToEnd extends LoadResult {
  /** Undefined if the operating system does not report it. */
  readonly peakMemoryMb: number | undefined;
  readonly warnings: readonly string[];
}

/** Starts a daemon on a database, puts a load on it, and stops it. */
export async function measureEndToEnd(path: string, load: Load, seconds: number): Promise<EndToEnd> {
  const daemon = await DaemonProcess.start(path);
  const result = await runLoad(daemon.url, load, seconds);
  const peakMemoryMb = daemon.readPeakMemoryMb();
  await daemon.stop();
  return { ...result, peakMemoryMb, warnings: daemon.warnings };
}
