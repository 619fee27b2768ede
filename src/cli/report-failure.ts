import { debuglog } from "node:util";
import { AccessError } from "../access/index.js";
import { FileError, explainWriteError } from "../common/index.js";
import { ListenError } from "../daemon/index.js";
import { DatabaseError } from "../database/index.js";
import { ReplayError } from "../replay/index.js";
import { ConfigError } from "./config/config-error.js";

const userErrors = [ConfigError, DatabaseError, AccessError, ListenError, FileError, ReplayError];
type UserError = InstanceType<(typeof userErrors)[number]>;

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
    report(
      isUnavailable(error) && whenUnavailable !== undefined
        ? new DatabaseError("unavailable", whenUnavailable, { cause: error.cause })
        : error,
    );
  }
}

/**
 * Reports an error in a sentence on stderr, the first one only, and sets the exit code 1. Says nothing about a closed pipe (`| head`):
 * the command ends quietly.
 */
export function report(error: unknown): void {
  if (isClosedPipe(error) || isReported) return;
  const explained = isFailedWrite(error) ? explainWriteError("The output", error) : error;
  if (!isForUsers(explained)) {
    crash(error);
    return;
  }
  isReported = true;
  process.exitCode = 1;
  process.stderr.write(`${explain(explained)}\n`);
}

/** Reports an unexpected error in a sentence and ends the process; NODE_DEBUG=telltale prints the stack trace. */
export function crash(error: unknown): void {
  debug("%s", error instanceof Error ? error.stack : error);
  process.exitCode = 1;
  const [summary = ""] = String(error).split("\n", 1);
  process.stderr.write(
    `Unexpected ${summary}\nRun the same command with NODE_DEBUG=telltale to see where, and report it.\n`,
    () => process.exit(1),
  );
}

/** Whether output failed because its reader has gone: a closed pipe, or a closed terminal. */
export function isClosedOutput(error: Error, stream: NodeJS.WriteStream): boolean {
  return isClosedPipe(error) || (stream.isTTY && "code" in error && error.code === "EIO");
}

function isForUsers(error: unknown): error is UserError {
  return userErrors.some((kind) => error instanceof kind);
}

function isUnavailable(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === "unavailable";
}

/** The sentence for an unavailable database is for clients, who must not learn the cause; users of the command line may. */
function explain(error: UserError): string {
  const { cause } = error;
  return isUnavailable(error) && cause instanceof Error
    ? `${error.message} (${cause.message})`
    : error.message;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}

function isFailedWrite(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && error.syscall === "write";
}
