import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";

/** How much is written to the connection at once. */
const chunkCharacters = 16 * 1024;

/**
 * Sends rows one a line, no faster than they are read; where the reader goes away, the rows are returned. What goes wrong before
 * the first of them is thrown, and later cuts the connection, so that no reader takes a part for the whole.
 */
export async function sendLines<Row>(
  request: FastifyRequest,
  reply: FastifyReply,
  rows: AsyncGenerator<Row>,
  write: (row: Row) => string,
): Promise<FastifyReply> {
  return sendChunks(request, reply, writeChunks(rows, write));
}

/** Sends what comes in chunks as {@link sendLines} sends rows. */
export async function sendChunks(
  request: FastifyRequest,
  reply: FastifyReply,
  chunks: AsyncGenerator<string | Uint8Array>,
): Promise<FastifyReply> {
  reply.header("cache-control", "no-cache");
  // Without this every row would be read for nothing.
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
