import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Sends contents with an ETag of their hash; answers 304 if the client already has them. */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  contents: string | Uint8Array,
): FastifyReply {
  const tag = `"${createHash("sha256").update(contents).digest("base64url")}"`;
  reply.header("etag", tag).header("cache-control", "no-cache");
  const known =
    request.headers["if-none-match"]?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  if (known.includes(tag) || known.includes("*")) return reply.code(304).send();
  return reply.type(type).send(contents);
}
