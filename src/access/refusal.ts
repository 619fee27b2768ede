/** Every code that the door refuses with, and its HTTP status; docs/SECURITY.md says when. */
export const refusalStatus = {
  token_in_url: 400,
  unauthorized: 401,
  wrong_scope: 403,
  origin_not_allowed: 403,
  host_not_allowed: 403,
  too_many_failed_tokens: 429,
  too_many_connections_of_address: 429,
  too_many_connections: 503,
} as const;

export type RefusalCode = keyof typeof refusalStatus;

/** Why a request is not let in. */
export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence for people, which says what to do. */
  readonly message: string;
  /** In how many seconds to try again, where that helps. */
  readonly retryAfterSeconds?: number;
}

/** Refusals after which the connection is of no use to anybody. */
const closing: readonly RefusalCode[] = [
  "too_many_failed_tokens",
  "too_many_connections_of_address",
  "too_many_connections",
];

/** The headers of the answer that refuses. */
export function refusalHeaders({ code, retryAfterSeconds }: Refusal): Readonly<Record<string, string>> {
  return {
    ...(code === "unauthorized" ? { "www-authenticate": "Bearer" } : {}),
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    ...(closing.includes(code) ? { connection: "close" } : {}),
  };
}
