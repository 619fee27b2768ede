import { type ChildProcess, type SpawnOptions, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const running = new Set<ChildProcess>();

/** How a script is started, where the default will not do. */
export interface ScriptOptions {
  /** A program with its flags that runs the command, such as a tracer. */
  readonly under?: readonly string[];
  /** URLs of modules to load before the script. */
  readonly imports?: readonly string[];
  /** Environment variables next to those of this process, which are passed on without telltale's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder in which it starts; this process's by default. */
  readonly cwd?: string;
  /** The user as whom it runs. */
  readonly uid?: number;
}

/** The path of the command `telltale`, as users run it. */
export const commandPath = fileURLToPath(new URL("../bundle/cli/main.js", import.meta.url));

/** Starts the command `telltale`: unbundled if modules are preloaded, so that they can change its modules. */
export function startTelltale(words: readonly string[], options: ScriptOptions = {}) {
  const isChanged = options.imports !== undefined && options.imports.length > 0;
  return startScript(isChanged ? "src/cli/main.js" : "bundle/cli/main.js", words, options);
}

/** Starts a script of dist with this Node; its standard output and error are pipes. */
export function startScript(path: string, args: readonly string[], options: ScriptOptions = {}) {
  const { under = [], imports = [], cwd, uid } = options;
  const script = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const flags = imports.map((address) => `--import=${address}`);
  const [program = process.execPath, ...words] = [...under, process.execPath, ...flags, script, ...args];
  // Tests and benchmarks are about the default configuration, whatever this shell has set.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("TELLTALE_"));
  return startProgram(program, words, {
    env: { ...Object.fromEntries(environment), ...options.env },
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
  });
}

/** Starts a script of dist with a channel to this process; its standard output and error are pipes. */
export function forkScript(path: string): ChildProcess {
  const script = fileURLToPath(new URL(`../${path}`, import.meta.url));
  const child = fork(script, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Starts any program; its standard output and error are pipes. */
export function startProgram(program: string, words: readonly string[], options: SpawnOptions) {
  const child = spawn(program, words, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

/** Resolves with the exit code, or the signal that ended the process. */
export async function whenEnded(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode ?? child.signalCode;
}

/** Sends a signal to every process that still runs, without waiting. */
export function signalChildren(signal: NodeJS.Signals): void {
  for (const child of running) child.kill(signal);
}

/** Kills every process that still runs, and waits for its end. */
export async function killChildren(): Promise<void> {
  signalChildren("SIGKILL");
  await Promise.all([...running].map((child) => whenEnded(child)));
}
