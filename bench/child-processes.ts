import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const running = new Set<ChildProcess>();

/** A script of dist, run by this Node; its standard output and error are pipes. */
export function startScript(path: string, args: readonly string[]) {
  const script = fileURLToPath(new URL(`../${path}`, import.meta.url));
  // What is measured is the default configuration, whatever this shell has set.
  const environment = Object.entries(process.env).filter(([name]) => !name.startsWith("TELLTALE_"));
  const child = spawn(process.execPath, [script, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: Object.fromEntries(environment),
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

/** Ends every process that still runs, without asking it. */
export async function killChildren(): Promise<void> {
  await Promise.all(
    [...running].map((child) => {
      child.kill("SIGKILL");
      return whenEnded(child);
    }),
  );
}
