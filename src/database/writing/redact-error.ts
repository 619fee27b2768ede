import { QueryFailedError } from "typeorm";

/** A batch's statement is a long row of placeholders. */
const longestStatement = 200;

/**
 * An error as it may be logged. What TypeORM throws carries the statement's parameters, and PostgreSQL tells of the rows that
 * were in the way: participants' data.
 */
export function redactError(error: unknown): unknown {
  if (!(error instanceof QueryFailedError)) return error;
  const { code } = error.driverError as { readonly code?: unknown };
  const told = new Error(error.message);
  if (error.stack !== undefined) told.stack = error.stack;
  return Object.assign(told, { code, query: error.query.slice(0, longestStatement) });
}
