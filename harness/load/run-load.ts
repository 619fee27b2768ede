import { text } from "node:stream/consumers";
import { startScript, whenEnded } from "../child-processes.js";
import type { LoadResult } from "./load.js";
import type { Coding } from "./workload.js";

/** How many clients send how much at once. */
export interface Load {
  readonly connections: number;
  /** How many tells each connection keeps unanswered. */
  readonly inFlight: number;
  readonly coding: Coding;
  /** How many tells all connections send in a second, whatever is answered; without it, as many as are answered. */
  readonly tellsPerSecond?: number;
}

// Beyond the measured time: start, warm-up, and the last replies.
const withinMs = 60_000;

/**
 * Puts a load on a daemon, from a process of its own.
 *
 * @throws Error with what the process wrote when it failed or did not end in time.
 */
export async function runLoad(url: string, load: Load, seconds: number): Promise<LoadResult> {
  const { connections, inFlight, coding, tellsPerSecond } = load;
  const rate = tellsPerSecond === undefined ? [] : [`${tellsPerSecond}`];
  const flags = [`${connections}`, `${inFlight}`, coding, `${seconds}`, ...rate];
  const child = startScript("harness/load/load.js", [url, ...flags]);
  const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000 + withinMs);
  const [output, errors, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    whenEnded(child),
  ]);
  clearTimeout(timer);
  if (code !== 0) throw new Error(`The load generator ended with ${String(code)}.\n${errors}`);
  return JSON.parse(output) as LoadResult;
}
