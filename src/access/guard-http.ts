import type { FastifyInstance } from "fastify";
import type { AccessControl } from "./access-control.js";
import { refusalHeaders, refusalStatus } from "./refusal.js";
import type { Scope } from "./tokens.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The route needs no token; it must check by itself what only a token may see. */
    readonly isOpen?: boolean;
  }
}

/** How long a browser may cache the answer to a preflight. */
const preflightSeconds = 600;

/**
 * Guards every route, also routes added later and paths without a route: GET and HEAD need the scope read, other methods
 * write, unless the route is `isOpen`. Pages of allowed origins may read the answers.
 */
export function guardHttp(http: FastifyInstance, access: AccessControl): void {
  http.addHook("onRequest", async (request, reply) => {
    const { headers, method, raw } = request;
    const { origin } = headers;
    const isAllowed = origin !== undefined && access.isAllowedOrigin(origin);
    if (isAllowed) {
      reply
        .header("access-control-allow-origin", origin)
        .header("access-control-expose-headers", "etag, content-disposition, retry-after");
    }
    const isPreflight =
      isAllowed && method === "OPTIONS" && headers["access-control-request-method"] !== undefined;
    const isOpen = isPreflight || request.routeOptions.config.isOpen === true;
    const refusal = access.admit(raw, isOpen ? undefined : scopeOf(method));
    if (refusal !== undefined) {
      const { code, message } = refusal;
      return reply.code(refusalStatus[code]).headers(refusalHeaders(refusal)).send({ code, message });
    }
    if (!isPreflight) return undefined;
    return reply
      .code(204)
      .header("access-control-allow-methods", "GET, HEAD")
      .header("access-control-allow-headers", "authorization, if-none-match")
      .header("access-control-max-age", String(preflightSeconds))
      .send();
  });
  http.addHook("onSend", async (_request, reply) => {
    // A cache must not serve one origin the answer to another.
    if (access.policy.allowedOrigins.length === 0) return;
    const varies = reply.getHeader("vary");
    reply.header("vary", varies === undefined ? "origin" : `${String(varies)}, origin`);
  });
}

function scopeOf(method: string): Scope {
  return method === "GET" || method === "HEAD" ? "read" : "write";
}
