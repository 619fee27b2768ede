import { execFileSync } from "node:child_process";
import { join } from "node:path";

/** Why no process can be traced here; undefined where it can. */
export function whyNoStrace(): string | undefined {
  try {
    execFileSync("strace", ["-f", "-o", "/dev/null", "true"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "strace is not here, or may not trace";
  }
}

/**
 * The words of a command that runs the rest of it under strace, all threads, in such a way that signals go to the program itself.
 *
 * @param output where the trace goes.
 */
export function underStrace(output: string, ...flags: string[]): string[] {
  return ["strace", "-D", "-f", "-o", output, ...flags];
}

/** Where the trace of a laboratory goes. */
export function traceIn(folder: string): string {
  return join(folder, "trace");
}
