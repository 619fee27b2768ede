import { setTimeout } from "node:timers/promises";
import { LoadClient } from "../harness/load/load-client.js";
import { DaemonProcess } from "../harness/daemon-process.js";

/** The resource use of a daemon with idle clients. */
export interface Idle {
  /** Undefined if the operating system does not report it. */
  readonly cpuMs: number | undefined;
}

// Work left over from the setups (compilation, garbage collection) does not count as idling.
const settleMs = 2000;

/** Connects clients that each set up a session and then do nothing, and measures the daemon for some seconds. */
export async function measureIdle(path: string, connections: number, seconds: number): Promise<Idle> {
  const daemon = await DaemonProcess.start(path);
  const clients = await Promise.all(
    Array.from({ length: connections }, (_, index) =>
      LoadClient.begin(daemon.url, index % 2 === 0 ? "json" : "messagepack"),
    ),
  );
  await setTimeout(settleMs);
  const before = daemon.readCpuMs();
  await setTimeout(seconds * 1000);
  const after = daemon.readCpuMs();
  await Promise.all(clients.map((client) => client.end()));
  await daemon.stop();
  return { cpuMs: before === undefined || after === undefined ? undefined : after - before };
}
