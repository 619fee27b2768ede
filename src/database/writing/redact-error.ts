import { QueryFailedError } from "typeorm";

/** Long enough to recognize a statement; a batch's has thousands of placeholders. */
const longestStatement = 200;

/**
 * An error without participants' data, safe to log: TypeORM's errors carry the statement's parameters, and PostgreSQL's name the
 * conflicting rows.
 */
export function redactError(error: unknown): unknown {
  if (!(error instanceof QueryFailedError)) return error;
  const { code } = error.driverError as { readonly code?: unknown };
  const redacted = new Error(error.message);
  if (error.stack !== undefined) redacted.stack = error.stack;
  return Object.assign(redacted, { code, query: error.query.slice(0, longestStatement) });
}
