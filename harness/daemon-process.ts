import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { type ScriptOptions, startProgram, startTelltale, whenEnded } from "./child-processes.js";
import { readPeakMemoryMb } from "./process-memory.js";

/** A line of a daemon's log. */
export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

const warning = 40;
/** How many lines are kept: a client that sends only nonsense causes a warning per frame. */
const mostLines = 10_000;
const startWithinMs = 60_000;
// The daemon allows itself 5 s to write what waits, and 1 s for clients to close.
const stopWithinMs = 15_000;
// Linux counts CPU time for programs in hundredths of a second (USER_HZ), whatever the kernel's own tick is.
const millisecondsPerTick = 10;

export interface DaemonProcessOptions extends ScriptOptions {
  /** More flags of `telltale serve`; a flag given twice counts as given last. */
  readonly flags?: readonly string[];
}

/** Starts a daemon on a free port without waiting; the caller reads its log. */
export function spawnDaemon(path: string | undefined, { flags = [], ...options }: DaemonProcessOptions = {}) {
  const database = path === undefined ? [] : ["--db", path];
  const settings = ["--port", "0", ...database, "--log-level", "info"];
  const child = startTelltale(["serve", ...settings, ...flags], options);
  child.stdout.resume();
  return child;
}

/** A daemon in a process of its own, as `telltale serve` starts it, on a free port. */
export class DaemonProcess {
  private constructor(
    readonly child: ChildProcess,
    /** Where clients connect. */
    readonly url: string,
    /** From starting the process to the log line that says it has started. */
    readonly startUpMs: number,
    /** The log so far, up to its first ten thousand lines. */
    readonly lines: readonly LogLine[],
  ) {}

  /**
   * Starts a daemon and waits until it accepts clients.
   *
   * @param path the database, made if missing; the daemon's default without it.
   * @throws Error with the output when it ended, or did not start in time.
   */
  static start(path?: string, options: DaemonProcessOptions = {}): Promise<DaemonProcess> {
    const spawnedAt = performance.now();
    return DaemonProcess.#untilStarted(spawnDaemon(path, options), spawnedAt);
  }

  /** Starts a daemon by another command, such as one from a document, in the environment given. */
  static startBy(
    program: string,
    words: readonly string[],
    options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  ): Promise<DaemonProcess> {
    const spawnedAt = performance.now();
    const child = startProgram(program, words, options);
    child.stdout.resume();
    return DaemonProcess.#untilStarted(child, spawnedAt);
  }

  static async #untilStarted(
    child: ReturnType<typeof startProgram>,
    spawnedAt: number,
  ): Promise<DaemonProcess> {
    const timer = setTimeout(() => child.kill("SIGKILL"), startWithinMs);
    const lines: LogLine[] = [];
    const output: string[] = [];
    const started = new Promise<DaemonProcess>((resolve, reject) => {
      // Reads all lines, for as long as it runs: the daemon's log is synchronous, and would wait for a full pipe.
      const reader = createInterface(child.stderr);
      reader.on("line", (text) => {
        const line = readLogLine(text);
        if (lines.length + output.length < mostLines) {
          if (line === undefined) output.push(text);
          else lines.push(line);
        }
        if (line?.msg === "telltale started" && typeof line["url"] === "string")
          resolve(new DaemonProcess(child, line["url"], performance.now() - spawnedAt, lines));
      });
      child.once("error", reject);
      reader.on("close", () => {
        reject(
          new Error(`The daemon did not start.\n${[...output, ...lines.map(({ msg }) => msg)].join("\n")}`),
        );
      });
    });
    try {
      return await started;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The warnings and errors in its log so far. */
  get warnings(): readonly string[] {
    return this.lines.filter(({ level }) => level >= warning).map(({ msg }) => msg);
  }

  /** The most memory it ever used (VmHWM), in MB; undefined where the system does not tell. */
  readPeakMemoryMb(): number | undefined {
    return readPeakMemoryMb(this.child.pid);
  }

  /** The CPU time it has used, in ms, to 10 ms; undefined where the system does not tell. */
  readCpuMs(): number | undefined {
    if (process.platform !== "linux") return undefined;
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, "utf8");
    // The second field is the program's name, in parentheses, and may hold anything; utime and stime are the 14th and 15th.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * millisecondsPerTick;
  }

  /** The memory that it has, in bytes; undefined where the system does not tell. */
  readResidentBytes(): number | undefined {
    if (process.platform !== "linux") return undefined;
    const [, kilobytes] =
      /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${this.child.pid}/status`, "utf8")) ?? [];
    return Number(kilobytes) * 1024;
  }

  /** Sends a signal and waits for the end; returns the exit code, or the signal that ended it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const closed = this.child.stderr?.closed === true ? undefined : once(this.child, "close");
    this.child.kill(signal);
    const code = await whenEnded(this.child);
    // Until then lines of the log may follow.
    await closed;
    return code;
  }

  /**
   * Stops it as a user would.
   *
   * @throws Error when it does not end well, and in time.
   */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.child.kill("SIGKILL"), stopWithinMs);
    const code = await this.end("SIGTERM");
    clearTimeout(timer);
    // On Windows no process can catch another's signal: it was ended, not asked.
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
