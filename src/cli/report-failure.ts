import { ConfigError } from "./config/serve-config.js";
import { DatabaseError } from "../database/index.js";
import { AccessError } from "../access/index.js";
import { FileError, explainWriteError } from "../common/index.js";
import { ReplayError } from "../replay/index.js";

let isReported = false;

/**
 * Tells what went wrong in a sentence on stderr, and makes the process exit with 1; nothing where nobody reads the standard output any
 * more (`| head`): that ends quietly with 0.
 *
 * @param error of a command, or of the standard output; an error that is no matter of the user's is thrown.
 */
export function report(error: unknown): void {
  if (isClosedPipe(error) || isReported) return;
  const told = isFailedWrite(error) ? explainWriteError("The output", error) : error;
  if (!isForUsers(told)) throw told;
  isReported = true;
  process.stderr.write(`${explain(told)}\n`);
  process.exitCode = 1;
}

/** Runs what a command does, and reports what goes wrong. */
export async function reportFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    report(error);
  }
}

const userErrors = [ConfigError, DatabaseError, AccessError, FileError, ReplayError];
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
