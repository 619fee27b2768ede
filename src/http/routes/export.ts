import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { DatabaseError } from "../../database/index.js";
import {
  type FileFormat,
  chooseSessions,
  fileFormats,
  streamBidsDataset,
  streamExport,
  zipDataset,
} from "../../export/index.js";
import type { ApiServices } from "../services.js";
import { sendChunks } from "../lines.js";
import { errors } from "../schemas.js";

const querystring = Type.Object(
  {
    session: Type.Optional(
      Type.Array(Type.String(), {
        description: "The sessions; each named as in the other paths. May be repeated.",
      }),
    ),
    all: Type.Optional(Type.Boolean({ description: "Every session." })),
    format: Type.Unsafe<FileFormat | "bids">({
      type: "string",
      enum: [...Object.keys(fileFormats), "bids"],
      description: "csv, tsv, ndjson: the trials; messages: the whole log; bids: a dataset in a zip file.",
    }),
    raw: Type.Optional(
      Type.Boolean({
        description: "csv, tsv: leave texts as they are that a spreadsheet would run as formulas.",
      }),
    ),
  },
  { additionalProperties: false },
);

interface ExportQuery {
  readonly session?: readonly string[];
  readonly all?: boolean;
  readonly format: FileFormat | "bids";
  readonly raw?: boolean;
}

/** Ends what is read for a reader who has gone away; nobody sees it. */
class ReaderGoneError extends Error {
  override readonly name = "ReaderGoneError";
  readonly statusCode = 499;
}

/** Sessions as a file to keep, as `telltale export` writes them. */
export function addExport(http: FastifyInstance, { archive, version }: ApiServices): void {
  const summary = "Trials or messages of sessions as a file to keep.";
  const types = [...Object.values(fileFormats).map(({ mediaType }) => mediaType), "application/zip"];
  const content = Object.fromEntries(types.map((type) => [type, { schema: Type.Unsafe({}) }]));
  const schema = { summary, querystring, response: { 200: { description: summary, content }, ...errors } };
  http.get<{ Querystring: ExportQuery }>("/api/export", { schema }, async (request, reply) => {
    const { session = [], all = false, format, raw = false } = request.query;
    if (all === session.length > 0) {
      throw new DatabaseError("bad_argument", "Name sessions with session=…, or say all=true, and not both.");
    }
    if (raw && format !== "csv" && format !== "tsv") {
      throw new DatabaseError("bad_argument", "raw is for csv and tsv.");
    }
    const sessions = await chooseSessions(archive, all ? "all" : session);
    // All columns must be known before a table begins: long before its reader's going could be noticed by writing to it.
    const onRow = (): void => {
      if (reply.raw.destroyed) throw new ReaderGoneError("The reader has gone away.");
    };
    const { fileName, mediaType } =
      format === "bids" ? { fileName: "bids.zip", mediaType: "application/zip" } : fileFormats[format];
    reply.type(mediaType).header("content-disposition", `attachment; filename="${fileName}"`);
    const chunks =
      format === "bids"
        ? zipDataset(streamBidsDataset(archive, sessions, { version, onTrial: onRow }), "bids")
        : streamExport(archive, sessions, format, { isRaw: raw, onRow });
    return sendChunks(request, reply, chunks);
  });
}
