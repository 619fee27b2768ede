import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type ScriptOptions, startScript, whenEnded } from "./child-processes.js";
import { readPeakMemoryMb } from "./process-memory.js";

/** A line of the daemon's log. */
interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly url?: string;
}

const warning = 40;
/** How many warnings are kept; whoever sends nothing but nonsense is warned of with every frame. */
const mostWarnings = 1000;
const startWithinMs = 60_000;
// It gives itself 5 s to write what waits, and 1 s to clients.
const stopWithinMs = 15_000;
// Linux counts a process's time for programs in hundredths of a second (USER_HZ), whatever the kernel's own tick is.
const millisecondsPerTick = 10;

export interface DaemonProcessOptions extends ScriptOptions {
  /** Flags of `telltale serve` beside those that name the database and the port. */
  readonly flags?: readonly string[];
}

/** Starts a daemon on a free port, and waits for nothing; whoever starts it reads its log. */
export function spawnDaemon(path: string, { flags = [], ...options }: DaemonProcessOptions = {}) {
  const settings = ["--port", "0", "--db", path, "--log-level", "info"];
  const child = startScript("src/cli/main.js", ["serve", ...settings, ...flags], options);
  child.stdout.resume();
  return child;
}

/** A daemon in a process of its own, as `telltale serve` starts it, on a free port. */
export class DaemonProcess {
  private constructor(
    readonly child: ChildProcess,
    /** Where clients connect. */
    readonly url: string,
    /** From starting the process to the line of its log that says it has started. */
    readonly startUpMs: number,
    /** What the log had to warn of until now, the first thousand. */
    readonly warnings: readonly string[],
  ) {}

  /**
   * Starts a daemon and waits until it takes clients.
   *
   * @param path the database, made when missing.
   * @throws Error with what it wrote when it ended or did not start in time.
   */
  static async start(path: string, options: DaemonProcessOptions = {}): Promise<DaemonProcess> {
    const spawnedAt = performance.now();
    const child = spawnDaemon(path, options);
    const timer = setTimeout(() => child.kill("SIGKILL"), startWithinMs);
    const warnings: string[] = [];
    const written: string[] = [];
    const started = new Promise<DaemonProcess>((resolve, reject) => {
      // Every line is taken from the pipe, all the time it runs: the daemon's log is synchronous, and would wait.
      const lines = createInterface(child.stderr);
      lines.on("line", (text) => {
        const line = readLogLine(text);
        if (line === undefined) written.push(text);
        else if (line.level >= warning) {
          if (warnings.length < mostWarnings) warnings.push(line.msg);
        } else if (line.msg === "telltale started" && line.url !== undefined) {
          resolve(new DaemonProcess(child, line.url, performance.now() - spawnedAt, warnings));
        }
      });
      lines.on("close", () => {
        reject(new Error(`The daemon did not start.\n${[...written, ...warnings].join("\n")}`));
      });
    });
    try {
      return await started;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The most memory that it ever had in use (VmHWM), in MB; undefined where the system does not tell. */
  readPeakMemoryMb(): number | undefined {
    return readPeakMemoryMb(this.child.pid);
  }

  /** How much CPU time it has used, in ms, to 10 ms; undefined where the system does not tell. */
  readCpuMs(): number | undefined {
    if (process.platform !== "linux") return undefined;
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, "utf8");
    // The second field is the program's name, in parentheses, and may hold anything; utime and stime are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
  }

  /**
   * Stops it as a user would.
   *
   * @throws Error when it does not end well, and in time.
   */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), stopWithinMs);
    this.child.kill("SIGTERM");
    const code = await whenEnded(this.child);
    clearTimeout(timer);
    // On Windows no signal can be caught by another process: it was ended, not asked.
    if (code !== 0 && process.platform !== "win32")
      throw new Error(`The daemon ended with ${String(code)} after SIGTERM.\n${this.warnings.join("\n")}`);
  }
}

function readLogLine(text: string): LogLine | undefined {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return undefined;
  }
}
