import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { DatabaseError } from "../../database/index.js";
import {
  type ExportFormat,
  exportFormats,
  fileFormats,
  streamBidsDataset,
  streamExport,
  zipDataset,
} from "../../export/index.js";
import { type SessionFilter, chooseSessions, toSessionFilter } from "../../queries/index.js";
import { whenClientLeaves } from "../client-left.js";
import { sendChunks } from "../lines.js";
import { errors, sessionFilter } from "../schemas.js";
import type { ApiServices } from "../services.js";

const querystring = Type.Object(
  {
    session: Type.Optional(
      Type.Array(Type.String(), {
        description: "A session, named as in the other paths; may be repeated.",
      }),
    ),
    all: Type.Optional(Type.Boolean({ description: "Every session." })),
    ...sessionFilter,
    format: Type.Unsafe<ExportFormat>({
      type: "string",
      enum: exportFormats,
      description: "csv, tsv, ndjson: the trials; messages: the whole log; bids: a dataset in a zip file.",
    }),
    raw: Type.Optional(
      Type.Boolean({
        description: "csv, tsv: leave text unchanged that a spreadsheet would run as a formula.",
      }),
    ),
  },
  { additionalProperties: false },
);

interface ExportQuery extends SessionFilter {
  readonly session?: readonly string[];
  readonly all?: boolean;
  readonly format: ExportFormat;
  readonly raw?: boolean;
}

/** Sessions as a file to keep, as `telltale export` writes them. */
export function addExport(http: FastifyInstance, { archive, version }: ApiServices): void {
  const summary = "Trials or messages of sessions as a file to keep.";
  const types = [...Object.values(fileFormats).map(({ mediaType }) => mediaType), "application/zip"];
  const content = Object.fromEntries(types.map((type) => [type, { schema: Type.Unsafe({}) }]));
  const operationId = "exportSessions";
  const schema = {
    operationId,
    summary,
    querystring,
    response: { 200: { description: summary, content }, ...errors },
  };
  http.get<{ Querystring: ExportQuery }>("/api/export", { schema }, async (request, reply) => {
    const { session: names = [], all = false, format, raw = false } = request.query;
    const { participant, experiment, from, to } = request.query;
    const filter = toSessionFilter({ participant, experiment, from, to });
    if ([names.length > 0, all, Object.keys(filter).length > 0].filter(Boolean).length !== 1) {
      throw new DatabaseError(
        "bad_argument",
        "Name sessions with session=…, pass all=true, or select sessions with participant, experiment, from and to: do one of these.",
      );
    }
    if (raw && format !== "csv" && format !== "tsv") {
      throw new DatabaseError("bad_argument", "raw is for csv and tsv.");
    }
    // A table starts after a pass over all trials for its columns: too late to notice by writing that the client has left.
    const signal = whenClientLeaves(reply);
    const sessions = await chooseSessions(archive, names.length > 0 ? { names } : { filter }, { signal });
    const { fileName, mediaType } =
      format === "bids" ? { fileName: "bids.zip", mediaType: "application/zip" } : fileFormats[format];
    reply.type(mediaType).header("content-disposition", `attachment; filename="${fileName}"`);
    const chunks =
      format === "bids"
        ? zipDataset(streamBidsDataset(archive, sessions, { version, signal }), "bids")
        : streamExport(archive, sessions, format, { isRaw: raw, signal });
    return sendChunks(request, reply, chunks);
  });
}
