import type { FastifyReply } from "fastify";
import { refusalStatus } from "../access/index.js";
import { DatabaseError, type DatabaseErrorCode } from "../database/index.js";

/** What is answered instead of what was asked for. */
export interface ErrorAnswer {
  /** What went wrong, for programs. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

/** Errors of the database that are no failure of telltale's, by their HTTP status. */
const statusOf: Partial<Record<DatabaseErrorCode, number>> = {
  bad_argument: 400,
  unknown_session: 404,
  unknown_strat: 404,
  ambiguous_session: 409,
  unavailable: 503,
  closed: 503,
};

/** Every code that an answer may have. */
export const errorCodes = [
  ...Object.keys(statusOf),
  ...Object.keys(refusalStatus),
  "bad_request",
  "not_found",
  "internal",
];

/** After how many seconds a client may ask again what the database could not answer. */
const retryAfterSeconds = 1;

/** Headers that only what was asked for has. */
const contentHeaders = ["etag", "content-disposition", "content-length"];

/**
 * Answers a request that failed, and says nothing of telltale's inside.
 *
 * @param onInternal is told of an error that is telltale's own.
 */
export function answerError(
  error: unknown,
  reply: FastifyReply,
  onInternal: (error: unknown) => void,
): FastifyReply {
  const [status, answer] = describeError(error);
  if (status === 500) onInternal(error);
  for (const name of contentHeaders) reply.removeHeader(name);
  if (status === 503) reply.header("retry-after", retryAfterSeconds);
  return reply.code(status).type("application/json").send(answer);
}

function describeError(error: unknown): [status: number, answer: ErrorAnswer] {
  if (error instanceof DatabaseError) {
    const status = statusOf[error.code];
    if (status !== undefined) return [status, { code: error.code, message: error.message }];
  }
  // What fastify finds wrong with a request itself.
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    const { statusCode, message } = error;
    const code = "validation" in error ? "bad_argument" : "bad_request";
    if (statusCode >= 400 && statusCode < 500) {
      return [statusCode, { code, message: message.endsWith(".") ? message : `${message}.` }];
    }
  }
  return [500, { code: "internal", message: "telltale failed on this request; its log says more." }];
}
