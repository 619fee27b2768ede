import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** How many characters wait for the client. */
const bufferedCharacters = 16 * 1024;

/**
 * Sends chunks no faster than the client reads; if the client leaves, the generator is returned. An error before the first chunk is
 * thrown; a later one cuts the connection, so that no client mistakes a part for the whole.
 */
export async function sendChunks(
  request: FastifyRequest,
  reply: FastifyReply,
  chunks: AsyncGenerator<string | Uint8Array>,
): Promise<FastifyReply> {
  reply.header("cache-control", "no-cache");
  // Do not read rows that are not sent.
  if (request.method === "HEAD") return reply.send(Readable.from([]));
  const first = await chunks.next();
  if (first.done === true) return reply.send("");
  return reply.send(
    Readable.from(withFirst(first.value, chunks), { objectMode: false, highWaterMark: bufferedCharacters }),
  );
}

async function* withFirst<Chunk>(first: Chunk, rest: AsyncGenerator<Chunk>): AsyncGenerator<Chunk> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}
