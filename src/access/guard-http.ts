import type { FastifyInstance } from "fastify";
import type { AccessControl } from "./access-control.js";
import { refusalHeaders, refusalStatus } from "./refusal.js";
import type { Scope } from "./tokens.js";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Lets everybody ask for this route who may connect at all; what needs leave it must find out for itself. */
    readonly isOpen?: boolean;
  }
}

/** For how long a browser may remember what a page of another origin may ask for. */
const preflightSeconds = 600;

/**
 * Guards every route, also those that are added later and paths that there are none for: GET and HEAD need the scope read, all else
 * write, unless the route says `isOpen`. Pages of allowed origins may read the answers.
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
    // What one origin may read must not be kept for another.
    if (access.policy.allowedOrigins.length === 0) return;
    const varies = reply.getHeader("vary");
    reply.header("vary", varies === undefined ? "origin" : `${String(varies)}, origin`);
  });
}

function scopeOf(method: string): Scope {
  return method === "GET" || method === "HEAD" ? "read" : "write";
}
