import { LoadClient } from "../harness/load/load-client.js";
import { DaemonProcess } from "../harness/daemon-process.js";

/**
 * How long a daemon takes from the start of its process until its log says that it has started, in ms.
 *
 * @throws Error when a client then cannot set up a session.
 */
export async function measureStartUp(path: string): Promise<number> {
  const daemon = await DaemonProcess.start(path);
  await (await LoadClient.begin(daemon.url, "json")).end();
  await daemon.stop();
  return daemon.startUpMs;
}
