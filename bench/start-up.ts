import { LoadClient } from "../harness/load/load-client.js";
import { DaemonProcess } from "../harness/daemon-process.js";

/**
 * The time from the start of a daemon's process to the log line `telltale started`, in ms.
 *
 * @throws Error if a client cannot set up a session afterwards.
 */
export async function measureStartUp(path: string): Promise<number> {
  const daemon = await DaemonProcess.start(path);
  await (await LoadClient.begin(daemon.url, "json")).end();
  await daemon.stop();
  return daemon.startUpMs;
}
