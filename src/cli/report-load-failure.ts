import { debuglog } from "node:util";

/** Reports in a sentence why the modules of the command line do not load, and sets the exit code 1. */
export function reportLoadFailure(error: unknown): void {
  const { stack, message } = error instanceof Error ? error : new Error(String(error));
  debuglog("telltale")("%s", stack);
  const [reason = ""] = message.split("\n", 1);
  process.stderr.write(`${explain(error, reason)}\n`);
  process.exitCode = 1;
}

const rebuild =
  "run `npm rebuild sqlite3 --ignore-scripts=false` (with pnpm: `pnpm approve-builds`) where telltale is installed.";

function explain(error: unknown, reason: string): string {
  // The package `bindings`, which sqlite3 loads its binary with, gives this error no code.
  if (reason.startsWith("Could not locate the bindings file")) {
    return `The package sqlite3 was installed without its binary; ${rebuild}`;
  }
  if (error instanceof Error && "code" in error && error.code === "ERR_DLOPEN_FAILED") {
    return `The binary of the package sqlite3 does not load here (${reason}); ${rebuild}`;
  }
  return `telltale cannot be loaded (${reason}); install it and its packages again.`;
}
