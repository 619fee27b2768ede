// Checks files for the harness, one after the other, as its parent asks: node dist/faults/flips/check-files.js
// Commands give way to a daemon on the same machine; the harness waits for them.
import os from "node:os";
import { syncBuiltinESMExports } from "node:module";

os.setPriority = () => undefined;
syncBuiltinESMExports();
const { verifyCommand } = await import("../../src/cli/commands/verify.js");
const { Store } = await import("../../src/database/index.js");

/** What to do with a file: run `telltale verify --all`, or open it as a start of the daemon does. */
export interface FileCheck {
  readonly check: "verify" | "open";
  readonly path: string;
}

/** The exit code of the command; 1 if the file could not be opened. */
export interface FileCheckResult {
  readonly code: number;
}

process.on("message", ({ check, path }: FileCheck) => {
  void (check === "verify" ? verify(path) : open(path)).then((code) => {
    process.send?.({ code } satisfies FileCheckResult);
  });
});

async function verify(path: string): Promise<number> {
  process.exitCode = 0;
  await verifyCommand().parseAsync(["--all", "--db", path], { from: "user" });
  return exitCode();
}

function exitCode(): number {
  return Number(process.exitCode);
}

async function open(path: string): Promise<number> {
  try {
    await (await Store.open(path)).close();
    return 0;
  } catch {
    return 1;
  }
}
