import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { forkScript, whenEnded } from "../../harness/child-processes.js";
import type { FileCheck, FileCheckResult } from "./check-files.js";

/** Runs `telltale verify`, or opens a file as a start does, in a process that does so for one file after the other. */
export class FileChecker {
  #child: ChildProcess | undefined;

  /** The exit code of `telltale verify --all`; `died` if it crashed. */
  async verify(path: string): Promise<number | "died"> {
    const code = await this.#check({ check: "verify", path });
    // A process reports only its first failure.
    if (code === 1) await this.close();
    return code;
  }

  /** Whether a writer opens the file; it changes the file if so. */
  async opens(path: string): Promise<boolean> {
    return (await this.#check({ check: "open", path })) === 0;
  }

  /** May be called again; the next check starts another process. */
  async close(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    child.kill();
    await whenEnded(child);
  }

  async #check(check: FileCheck): Promise<number | "died"> {
    this.#child ??= forkScript("faults/flips/check-files.js");
    const child = this.#child;
    child.stdout?.resume();
    child.stderr?.resume();
    const answered = new AbortController();
    const { signal } = answered;
    const result = Promise.race([
      once(child, "message", { signal }).then(([message]) => (message as FileCheckResult).code),
      once(child, "exit", { signal }).then(() => "died" as const),
    ]);
    child.send(check);
    const code = await result;
    answered.abort();
    if (code === "died") this.#child = undefined;
    return code;
  }
}
