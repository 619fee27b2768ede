import type { FastifyReply } from "fastify";
import { refusalStatus } from "../access/index.js";
import { TooManyReadsError } from "./read-slots.js";
import { DatabaseError, type DatabaseErrorCode } from "../database/index.js";

/** The body of an answer to a request that failed. */
export interface ErrorAnswer {
  /** What went wrong, for programs. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

/** The HTTP status of each database error that is not a fault of telltale. */
const statusOf: Partial<Record<DatabaseErrorCode, number>> = {
  bad_argument: 400,
  unknown_session: 404,
  unknown_strat: 404,
  ambiguous_session: 409,
  ambiguous_experiment: 409,
  unavailable: 503,
  closed: 503,
};

/** Every code of an error answer. */
export const errorCodes = [
  ...Object.keys(statusOf),
  ...Object.keys(refusalStatus),
  "too_many_reads",
  "bad_request",
  "not_found",
  "internal",
];

/** The seconds after which a client may retry when the database is unavailable. */
const retryAfterSeconds = 1;

/** Headers that belong to the requested contents only. */
const contentHeaders = ["etag", "content-disposition", "content-length"];

/**
 * Answers a request that failed, without internal details.
 *
 * @param onInternal called with an error that is a fault of telltale.
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
  if (error instanceof TooManyReadsError) return [503, { code: error.code, message: error.message }];
  // Errors that fastify found in the request.
  if (error instanceof Error && "statusCode" in error && typeof error.statusCode === "number") {
    const { statusCode, message } = error;
    const code = "validation" in error ? "bad_argument" : "bad_request";
    if (statusCode >= 400 && statusCode < 500) {
      return [statusCode, { code, message: message.endsWith(".") ? message : `${message}.` }];
    }
  }
  return [500, { code: "internal", message: "telltale failed on this request; its log says more." }];
}
