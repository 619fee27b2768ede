/**
 * Runs `work`, which writes a file, until Ctrl-C or SIGTERM stops it; the exit code is then that of the signal. A second signal ends the
 * process at once.
 *
 * @param work leaves nothing behind when its signal ends it.
 * @throws what `work` throws of its own.
 */
export async function stopOnSignals(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const controller = new AbortController();
  let exitCode = 0;
  const end = (): void => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  const stop = (name: NodeJS.Signals): void => {
    end();
    exitCode = name === "SIGINT" ? 130 : 143;
    controller.abort();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
  try {
    await work(controller.signal);
  } catch (error) {
    if (!controller.signal.aborted) throw error;
    process.stderr.write("Stopped; nothing was written.\n");
    process.exitCode = exitCode;
  } finally {
    end();
  }
}
