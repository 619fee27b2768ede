import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { LogLine } from "../test/support/daemon/daemon.js";

const main = fileURLToPath(new URL("../src/cli/main.js", import.meta.url));
const running = new Set<Served>();

/** `telltale serve` as a process of its own, as a user runs it. */
export class Served {
  readonly lines: LogLine[] = [];
  #output = "";

  private constructor(
    readonly process: ChildProcess,
    /** Where clients connect. */
    public url: string,
  ) {}

  /** Starts it on a free port and waits until it listens. */
  static start(...flags: string[]): Promise<Served> {
    return Served.startIn(process.cwd(), ...flags);
  }

  /** The same, in a folder. */
  static startIn(cwd: string, ...flags: string[]): Promise<Served> {
    return Served.startBy(process.execPath, [main, "serve", "--port", "0", ...flags], { cwd });
  }

  /** Starts it by another command, such as one that a document says. */
  static async startBy(
    command: string,
    flags: readonly string[],
    options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
  ): Promise<Served> {
    const child = spawn(command, flags, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    const served = new Served(child, "");
    running.add(served);
    let rest = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      served.#output += text;
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines.filter((one) => one.startsWith("{"))) {
        const logged = JSON.parse(line) as LogLine;
        served.lines.push(logged);
        if (logged.msg === "telltale started") {
          served.url = logged["url"] as string;
          child.emit("listening");
        }
      }
    });
    // `once` rejects where the command cannot be executed.
    await Promise.race([
      once(child, "listening"),
      once(child, "exit").then(() => Promise.reject(new Error(`It ended at once: ${served.#output}`))),
    ]);
    return served;
  }

  /** Sends a signal and waits for the end; gives the exit code, null when the signal itself ended it. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    const { process: child } = this;
    running.delete(this);
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, "exit");
    }
    return child.exitCode;
  }
}

/** What a command of the CLI said, and its exit code; null when a signal ended it. */
export interface CommandEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly uid?: number;
}

/** Runs a command of the CLI to its end. */
export function runCommand(flags: readonly string[], options: CommandOptions = {}): Promise<CommandEnd> {
  return startCommand(flags, options).end;
}

/** Starts a command of the CLI; whoever starts it waits for its end. */
export function startCommand(
  flags: readonly string[],
  options: CommandOptions = {},
): { readonly process: ChildProcess; readonly end: Promise<CommandEnd> } {
  const child = spawn(process.execPath, [main, ...flags], {
    stdio: ["ignore", "pipe", "pipe"],
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    env: { ...process.env, ...options.env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const end = once(child, "close").then(() => ({ code: child.exitCode, stdout, stderr }));
  return { process: child, end };
}

/** Kills every process that a test left running. */
export async function killServed(): Promise<void> {
  await Promise.all([...running].map((served) => served.end("SIGKILL")));
}
