import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Rows are joined until they have this many characters. */
const chunkCharacters = 16 * 1024;

/**
 * Sends rows, one per line, no faster than the client reads; if the client leaves, the generator is returned. An error before the
 * first row is thrown; a later one cuts the connection, so that no client mistakes a part for the whole.
 */
export async function sendLines<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  rows: AsyncGenerator<Row>,
  write: (row: Row) => string,
): Promise<FastifyReply> {
  return sendChunks(request, reply, writeChunks(rows, write));
}

/** Sends chunks as {@link sendLines} sends rows. */
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
    Readable.from(withFirst(first.value, chunks), { objectMode: false, highWaterMark: chunkCharacters }),
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

async function* writeChunks<Row>(
  rows: AsyncGenerator<Row>,
  write: (row: Row) => string,
): AsyncGenerator<string, undefined, undefined> {
  let chunk = "";
  for await (const row of rows) {
    chunk += `${write(row)}\n`;
    if (chunk.length < chunkCharacters) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
  return undefined;
}
