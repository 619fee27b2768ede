import { ConfigError } from "../config/serve-config.js";
import { DatabaseError } from "../database/index.js";
import { ExportError } from "../export/index.js";
import { ReplayError } from "../replay/index.js";

/**
 * Runs what a command does. What goes wrong is told in a sentence on stderr, and the process exits with 1; where nobody reads the
 * output any more (`| head`), it ends quietly with 0.
 */
export async function reportFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isClosedPipe(error)) return;
    if (!isForUsers(error)) throw error;
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = 1;
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
