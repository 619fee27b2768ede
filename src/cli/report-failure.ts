import { ConfigError } from "../config/serve-config.js";
import { DatabaseError } from "../database/index.js";
import { ExportError, explainWriteError } from "../export/index.js";
import { ReplayError } from "../replay/index.js";

/**
 * Runs what a command does. What goes wrong is told in a sentence on stderr, and the process exits with 1, also where the standard
 * output cannot be written; where nobody reads it any more (`| head`), it ends quietly with 0.
 */
export async function reportFailure(work: () => Promise<void>): Promise<void> {
  let isReported = false;
  const report = (error: unknown): void => {
    if (isClosedPipe(error) || isReported) return;
    const told = isFailedWrite(error) ? explainWriteError("The output", error) : error;
    if (!isForUsers(told)) throw told;
    isReported = true;
    process.stderr.write(`${explain(told)}\n`);
    process.exitCode = 1;
  };
  // A write may fail after everything else is done.
  process.stdout.on("error", report);
  try {
    await work();
  } catch (error) {
    report(error);
  }
}

const userErrors = [ConfigError, DatabaseError, ExportError, ReplayError];
type UserError = InstanceType<(typeof userErrors)[number]>;

function isForUsers(error: unknown): error is UserError {
  return userErrors.some((kind) => error instanceof kind);
}

/** The sentence of a database that cannot be read now is for clients; a user may learn why. */
function explain(error: UserError): string {
  const { cause } = error;
  return error.code === "unavailable" && cause instanceof Error
    ? `${error.message} (${cause.message})`
    : error.message;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

function isFailedWrite(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "write";
}
