import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { type ScriptOptions, startTelltale } from "./child-processes.js";

/** The output of a command of the CLI, and its exit code; null when a signal ended it. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command of the CLI to its end. */
export function runCommand(flags: readonly string[], options: ScriptOptions = {}): Promise<CommandEnd> {
  return startCommand(flags, options).end;
}

/** Starts a command of the CLI; the caller waits for its end. */
export function startCommand(
  flags: readonly string[],
  options: ScriptOptions = {},
): { readonly process: ChildProcess; readonly end: Promise<CommandEnd> } {
  const child = startTelltale(flags, options);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const end = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  return { process: child, end };
}
