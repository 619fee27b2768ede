import { debuglog } from "node:util";
import { TelltaleError, escapeForTerminal, escapeLines, explainWriteError } from "../common/index.js";

const debug = debuglog("telltale");

let isReported = false;

/**
 * Runs a command and reports its failure in a sentence on stderr; the exit code is then 1.
 *
 * @param whenUnavailable what to say of a database that is locked or cannot be written, in place of the sentence for clients.
 */
export async function reportFailure(work: () => Promise<void>, whenUnavailable?: string): Promise<void> {
  try {
    await work();
  } catch (error) {
    report(error, whenUnavailable);
  }
}

/**
 * Reports an error in a sentence on stderr, the first one only, and sets the exit code 1. Says nothing about a closed pipe (`| head`):
 * the command ends quietly.
 *
 * @param whenUnavailable as for reportFailure.
 */
export function report(error: unknown, whenUnavailable?: string): void {
  if (isClosedPipe(error) || isReported) return;
  const explained = isFailedWrite(error) ? explainWriteError("The output", error) : error;
  if (!isForUsers(explained)) {
    crash(error);
    return;
  }
  isReported = true;
  process.exitCode = 1;
  process.stderr.write(`${escapeLines(explain(explained, whenUnavailable))}\n`);
}

/** Reports an unexpected error in a sentence and ends the process; NODE_DEBUG=telltale prints the stack trace. */
export function crash(error: unknown): void {
  debug("%s", error instanceof Error ? error.stack : error);
  process.exitCode = 1;
  const [summary = ""] = String(error).split("\n", 1);
  process.stderr.write(
    `Unexpected ${escapeForTerminal(summary)}\nRun the same command with NODE_DEBUG=telltale to see where, and report it.\n`,
    () => process.exit(1),
  );
}

/** Whether output failed because its reader has gone: a closed pipe, or a closed terminal. */
export function isClosedOutput(error: Error, stream: NodeJS.WriteStream): boolean {
  return isClosedPipe(error) || (stream.isTTY && "code" in error && error.code === "EIO");
}

/** The sentence for an unavailable database is for clients, who must not learn the cause; users of the command line may. */
function explain(error: TelltaleError, whenUnavailable = error.message): string {
  if (error.code !== "unavailable") return error.message;
  const { cause } = error;
  return cause instanceof Error ? `${whenUnavailable} (${cause.message})` : whenUnavailable;
}

function isForUsers(error: unknown): error is TelltaleError {
  return error instanceof TelltaleError;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

function isFailedWrite(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "write";
}
