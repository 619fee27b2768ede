import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { type Browser, type Page, chromium } from "playwright-core";

/** Where the system's Chromium is; undefined where there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  const names = ["chromium", "chromium-browser", "google-chrome"];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A Chromium as a process of its own, which can be killed. */
export class RunningChromium {
  private constructor(
    readonly process: ChildProcess,
    readonly browser: Browser,
  ) {}

  /** @param profile the browser's profile folder. */
  static async start(executable: string, profile: string): Promise<RunningChromium> {
    const child = spawn(
      executable,
      [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--remote-debugging-port=0",
        `--user-data-dir=${profile}`,
      ],
      // What a killed browser leaves in the system's temporary folder goes with its profile.
      { stdio: ["ignore", "ignore", "pipe"], detached: true, env: { ...process.env, TMPDIR: profile } },
    );
    const lines = createInterface(child.stderr);
    const output: string[] = [];
    const address = await new Promise<string>((resolve, reject) => {
      lines.on("line", (line) => {
        output.push(line);
        const [, url] = /DevTools listening on (ws:\S+)/.exec(line) ?? [];
        if (url !== undefined) resolve(url);
      });
      child.once("exit", () => {
        reject(new Error(`Chromium ended at once.\n${output.join("\n")}`));
      });
    });
    try {
      // A busy machine may need longer than Playwright's 30 s.
      return new RunningChromium(child, await chromium.connectOverCDP(address, { timeout: 150_000 }));
    } catch (error) {
      process.kill(-(child.pid ?? 0), "SIGKILL");
      throw error;
    }
  }

  /**
   * Another tab.
   *
   * @param script runs in it before those of the page.
   */
  async open(url: string, script = ""): Promise<Page> {
    const [context] = this.browser.contexts();
    if (context === undefined) throw new Error("Chromium has no context.");
    const page = await context.newPage();
    await page.addInitScript({ content: script });
    await page.goto(url);
    return page;
  }

  /** Ends it and all of its processes at once, as a crash does. */
  async kill(): Promise<void> {
    const { process: child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      process.kill(-(child.pid ?? 0), "SIGKILL");
      await once(child, "exit");
    }
    await this.browser.close().catch(() => undefined);
  }
}
