import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { ReadOnlyStore } from "../database/index.js";
import { TimeSlice } from "../queries/index.js";

/**
 * Sends contents with an ETag of their hash; answers 304 if the client already has them.
 *
 * @param parts together the contents; they are written and hashed in time slices.
 */
export async function sendTagged(
  store: ReadOnlyStore,
  request: FastifyRequest,
  reply: FastifyReply,
  type: string,
  parts: Iterable<string | Uint8Array>,
): Promise<FastifyReply> {
  const slice = new TimeSlice(store);
  const hash = createHash("sha256");
  const contents: Uint8Array[] = [];
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(bytes);
    contents.push(bytes);
    const ended = slice.end();
    if (ended !== undefined) await ended;
  }
  const tag = `"${hash.digest("base64url")}"`;
  reply.header("etag", tag).header("cache-control", "no-cache");
  const known =
    request.headers["if-none-match"]?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
  if (known.includes(tag) || known.includes("*")) return reply.code(304).send();
  return reply.type(type).send(Buffer.concat(contents));
}
