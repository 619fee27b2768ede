import { setTimeout } from "node:timers/promises";
import { startTelltale, whenEnded } from "../harness/child-processes.js";
import { readPeakMemoryMb } from "../harness/process-memory.js";
import { TemporaryDatabases } from "../harness/temporary-databases.js";

/** The cost of exporting a whole database in one format. */
export interface WholeExport {
  readonly seconds: number;
  /** Undefined if the operating system does not report it. */
  readonly peakMemoryMb: number | undefined;
}

const lookEveryMs = 20;

/** Runs `telltale export --all`. */
export async function measureExport(path: string, format: string): Promise<WholeExport> {
  const folder = await TemporaryDatabases.make();
  try {
    const begin = performance.now();
    const child = startTelltale([
      ...["export", "--all", "--db", path, "--format", format, "--to", `${folder.newPath()}.${format}`],
    ]);
    child.stdout.resume();
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => (errors += chunk.toString()));
    const ended = whenEnded(child);
    let peak: number | undefined;
    while (child.exitCode === null && child.signalCode === null) {
      // The operating system reports nothing about a process that has ended, so sample while it runs.
      peak = readPeakMemoryMb(child.pid) ?? peak;
      await Promise.race([ended, setTimeout(lookEveryMs)]);
    }
    const code = await ended;
    if (code !== 0) throw new Error(`The export ended with ${String(code)}.\n${errors}`);
    return { seconds: (performance.now() - begin) / 1000, peakMemoryMb: peak };
  } finally {
    await folder.remove();
  }
}
