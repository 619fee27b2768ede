/** The codes of refused requests and their HTTP status; docs/SECURITY.md explains them. */
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

/** Why a request is refused. */
export interface Refusal {
  readonly code: RefusalCode;
  /** One sentence for people that says what to do. */
  readonly message: string;
  /** After how many seconds to try again, if that helps. */
  readonly retryAfterSeconds?: number;
}

/** Refusals that close the connection. */
const closing: readonly RefusalCode[] = [
  "too_many_failed_tokens",
  "too_many_connections_of_address",
  "too_many_connections",
];

/** Returns the headers of the answer to a refused request. */
export function refusalHeaders({ code, retryAfterSeconds }: Refusal): Readonly<Record<string, string>> {
  return {
    ...(code === "unauthorized" ? { "www-authenticate": "Bearer" } : {}),
    ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    ...(closing.includes(code) ? { connection: "close" } : {}),
  };
}
