import { constants } from "node:os";

/** The signals that stop a command. SIGHUP: its terminal was closed; SIGBREAK: Ctrl-Break on Windows. */
const stopSignals: readonly NodeJS.Signals[] = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  ...(process.platform === "win32" ? (["SIGBREAK"] as const) : []),
];

interface StopOptions {
  /** The exit code of a second signal; by default 128 + its number. */
  readonly secondExitCode?: number;
}

/**
 * Runs `work`, which SIGINT (Ctrl-C), SIGTERM and SIGHUP abort. A second SIGINT or SIGTERM ends the process at once.
 *
 * @returns what `work` returns, and as exit code 128 + the number of the signal that came first; undefined if none came.
 */
export async function stopOnSignals<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { secondExitCode }: StopOptions = {},
): Promise<{ readonly result: Result; readonly exitCode: number | undefined }> {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let isAsked = false;
  const stop = (name: NodeJS.Signals): void => {
    // A closed terminal may send SIGHUP more than once, and a service manager SIGHUP next to SIGTERM: only people are impatient.
    if (isAsked && name !== "SIGHUP") process.exit(secondExitCode ?? toExitCode(name));
    if (name !== "SIGHUP") isAsked = true;
    exitCode ??= toExitCode(name);
    controller.abort();
  };
  for (const name of stopSignals) process.on(name, stop);
  try {
    const result = await work(controller.signal);
    return { result, exitCode };
  } finally {
    for (const name of stopSignals) process.off(name, stop);
  }
}

/**
 * Runs `work`, which writes a file, as {@link stopOnSignals} does. If a signal stops it, says so and exits with the signal's code.
 *
 * @param work leaves nothing behind when its signal aborts it.
 */
export async function writeUntilStopped(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const { result: isStopped, exitCode } = await stopOnSignals(async (signal) => {
    try {
      await work(signal);
      return false;
    } catch (error) {
      if (!signal.aborted) throw error;
      return true;
    }
  });
  if (!isStopped || exitCode === undefined) return;
  process.stderr.write("Stopped; nothing was written.\n");
  process.exitCode = exitCode;
}

function toExitCode(name: NodeJS.Signals): number {
  return 128 + constants.signals[name];
}
