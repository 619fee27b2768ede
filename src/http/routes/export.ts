import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { DatabaseError } from "../../database/index.js";
import {
  type ExportFormat,
  type ExportOption,
  type ExportOptions,
  exportFormats,
  fileFormats,
  isOptionOf,
  optionFormats,
  streamBidsDataset,
  streamExport,
  zipDataset,
} from "../../export/index.js";
import { type SessionFilter, chooseSessions, toSessionFilter } from "../../queries/index.js";
import { whenClientLeaves } from "../client-left.js";
import { errors, sessionFilter } from "../schemas.js";
import { sendChunks } from "../send-chunks.js";
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
    excel: Type.Optional(
      Type.Boolean({ description: "csv: begin with a byte order mark, by which Excel knows UTF-8." }),
    ),
    decimal_comma: Type.Optional(
      Type.Boolean({
        description: "csv, tsv: a decimal comma in numbers; in csv, semicolons between cells.",
      }),
    ),
    columns: Type.Optional(
      Type.Array(Type.String(), {
        description:
          "csv, tsv: the headings of the columns, separated by commas, in this order; may be repeated.",
      }),
    ),
    with_metadata: Type.Optional(
      Type.Boolean({
        description: "csv, tsv, ndjson: description and metadata of the session beside each trial.",
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
  readonly excel?: boolean;
  readonly decimal_comma?: boolean;
  readonly columns?: readonly string[];
  readonly with_metadata?: boolean;
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
    const {
      session: names = [],
      all = false,
      format,
      participant,
      experiment,
      from,
      to,
      ...given
    } = request.query;
    const filter = toSessionFilter({ participant, experiment, from, to });
    if ([names.length > 0, all, Object.keys(filter).length > 0].filter(Boolean).length !== 1) {
      throw new DatabaseError(
        "bad_argument",
        "Name sessions with session=…, pass all=true, or select sessions with participant, experiment, from and to: do one of these.",
      );
    }
    const options = readOptions(given, format);
    // A table starts after a pass over all trials for its columns: too late to notice by writing that the client has left.
    const signal = whenClientLeaves(reply);
    const sessions = await chooseSessions(archive, names.length > 0 ? { names } : { filter }, { signal });
    const { fileName, mediaType } =
      format === "bids" ? { fileName: "bids.zip", mediaType: "application/zip" } : fileFormats[format];
    reply.type(mediaType).header("content-disposition", `attachment; filename="${fileName}"`);
    const chunks =
      format === "bids"
        ? zipDataset(streamBidsDataset(archive, sessions, { version, signal }), "bids")
        : streamExport(archive, sessions, format, { ...options, signal });
    return sendChunks(request, reply, chunks);
  });
}

function readOptions(given: Pick<ExportQuery, ExportOption>, format: ExportFormat): ExportOptions {
  for (const option of Object.keys(optionFormats) as ExportOption[]) {
    if (given[option] === undefined || given[option] === false || isOptionOf(option, format)) continue;
    throw new DatabaseError(
      "bad_argument",
      `${option} is for ${optionFormats[option].join(" and ")}, not for ${format}.`,
    );
  }
  const { raw = false, excel = false, decimal_comma = false, with_metadata = false, columns } = given;
  return {
    isRaw: raw,
    isForExcel: excel,
    hasDecimalComma: decimal_comma,
    withMetadata: with_metadata,
    ...(columns && { columns }),
  };
}
