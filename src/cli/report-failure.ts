import { ConfigError } from "../config/serve-config.js";
import { DatabaseError } from "../database/index.js";
import { ExportError } from "../export/index.js";

/**
 * Runs what a command does. What goes wrong is told in a sentence on stderr, and the process exits with 1; where nobody reads the
 * output any more (`| head`), it ends quietly with 0.
 */
export async function reportFailure(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isClosedPipe(error)) return;
    const isTold =
      error instanceof ConfigError || error instanceof DatabaseError || error instanceof ExportError;
    if (!isTold) throw error;
    process.stderr.write(`${error instanceof DatabaseError ? explain(error) : error.message}\n`);
    process.exitCode = 1;
  }
}

/** The sentence of a database that cannot be read now is for clients; a user may learn why. */
function explain({ code, message, cause }: DatabaseError): string {
  return code === "unavailable" && cause instanceof Error ? `${message} (${cause.message})` : message;
}

function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EPIPE";
}
