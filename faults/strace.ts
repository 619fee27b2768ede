import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Why processes cannot be traced on this machine; undefined if they can. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync("strace", ["-f", "-o", "/dev/null", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "strace is not here, or may not trace";
  }
}

/**
 * Arguments to put before a command to run it under strace with all its threads. Signals go to the program itself.
 *
 * @param output the file for the trace.
 */
export function underStrace(output: string, ...flags: string[]): string[] {
  return ["strace", "-D", "-f", "-o", output, ...flags];
}

/** The file for a laboratory's trace. */
export function traceIn(folder: string): string {
  return join(folder, "trace");
}
