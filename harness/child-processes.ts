import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const running = new Set<ChildProcess>();

/** How a script is run other than by this Node alone. */
export interface ScriptOptions {
  /** A program and its flags, which is given the rest of the command, such as a tracer. */
  readonly under?: readonly string[];
  /** Modules that are loaded before the script, by their addresses. */
  readonly imports?: readonly string[];
  /** Environment variables beside those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** A script of dist, run by this Node; its standard output and error are pipes. */
export function startScript(path: string, args: readonly string[], options: ScriptOptions = {}) {
  const { under = [], imports = [] } = options;
  const script = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const flags = imports.map((address) => `--import=${address}`);
  const [program = process.execPath, ...words] = [...under, process.execPath, ...flags, script, ...args];
  // What is measured is the default configuration, whatever this shell has set.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("TELLTALE_"));
  const child = spawn(program, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...Object.fromEntries(environment), ...options.environment },
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Resolves when the process has ended, with the code or the signal that ended it. */
export async function whenEnded(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode ?? child.signalCode;
}

/** Sends a signal to every process that still runs, and waits for nothing. */
export function signalChildren(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/** Ends every process that still runs, without asking it. */
export async function killChildren(): Promise<void> {
  signalChildren("SIGKILL");
  await Promise.all([...running].map((child) => whenEnded(child)));
}
