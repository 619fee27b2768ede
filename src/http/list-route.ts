import { type TObject, type TProperties, Type } from "@sinclair/typebox";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type ReadOnlyStore, maximumInteger } from "../database/index.js";
import { inTimeSlices, writeChunks } from "../queries/index.js";
import { whenClientLeaves } from "./client-left.js";
import { sendTagged } from "./entity-tag.js";
import { negotiateType } from "./negotiate.js";
import { readPage } from "./page.js";
import { rowWriter } from "./row-writer.js";
import { errors } from "./schemas.js";
import { sendChunks } from "./send-chunks.js";

const ndjson = "application/x-ndjson";

const pageParameters = {
  cursor: Type.Optional(
    Type.Integer({
      default: 0,
      minimum: 0,
      maximum: maximumInteger,
      description: "Where to continue: the cursor of the previous answer. 0 is the start.",
    }),
  ),
  limit: Type.Optional(
    Type.Integer({
      default: 100,
      minimum: 1,
      maximum: 1000,
      description: "Maximum number of rows; fewer if they are large. A stream has no limit.",
    }),
  ),
  format: Type.Optional(
    Type.Unsafe({
      type: "string",
      enum: ["json", "ndjson"],
      description: `json: a page; ndjson: a stream of all rows, one object per line, as with Accept: ${ndjson}.`,
    }),
  ),
};

/** The rows of a list. */
export interface OpenList<Row> {
  /** The rows after the cursor. */
  readonly rows: AsyncGenerator<Row>;
  /** The cursor after the last row at the time of the request, if known. */
  readonly end?: number;
}

/** A route that answers with a list: page by page, or as a stream. */
export interface ListRoute<Row extends object, Parameters, Query> {
  readonly path: string;
  /** Its name in generated clients. */
  readonly operationId: string;
  readonly summary: string;
  /** The member of a page that holds the rows. */
  readonly member: string;
  readonly row: TObject;
  /** The schema of the parameters in the path. */
  readonly parameters: TObject;
  /** The schemas of the query parameters, in addition to those of pages. */
  readonly query: TProperties;
  /** The cursor after a row. */
  cursorAt(row: Row): number;
  /** Starts reading after a cursor. */
  open(parameters: Parameters, query: Query, cursor: number): Promise<OpenList<Row>> | OpenList<Row>;
}

/** The parameters of pages, as fastify parses them. */
interface PageQuery {
  readonly cursor: number;
  readonly limit: number;
  readonly format?: "json" | "ndjson";
}

/** Adds a route for a list. */
export function addList<Row extends object, Parameters, Query>(
  http: FastifyInstance,
  archive: ReadOnlyStore,
  list: ListRoute<Row, Parameters, Query>,
): void {
  const write = rowWriter(list.row);
  const { path, operationId, summary, parameters: params, row } = list;
  const querystring = Type.Object({ ...list.query, ...pageParameters }, { additionalProperties: false });
  const page = Type.Object({
    [list.member]: Type.Array(row),
    cursor: Type.Integer({ description: "Where to continue; also present on the last page." }),
    more: Type.Boolean({ description: "Whether more rows follow the cursor." }),
  });
  const content = { "application/json": { schema: page }, [ndjson]: { schema: row } };
  const response = { 200: { description: summary, content }, ...errors };
  http.get(
    path,
    { schema: { operationId, summary, params, querystring, response } },
    async (request, reply) => {
      const query = request.query as Query & PageQuery;
      const { cursor, limit } = query;
      const { rows: unpaced, end = cursor } = await list.open(request.params as Parameters, query, cursor);
      const signal = whenClientLeaves(reply);
      reply.header("vary", "accept");
      if (isStream(request, query)) {
        const chunks = writeChunks(archive, unpaced, write, { signal });
        return sendChunks(request, reply.type(ndjson), chunks);
      }
      const rows = inTimeSlices(archive, unpaced, { signal });
      const { parts, last, more } = await readPage(archive, rows, write, limit);
      const next = Math.max(cursor, last === undefined ? 0 : list.cursorAt(last), more ? 0 : end);
      const text = [`{"${list.member}":[`, ...parts, `],"cursor":${next},"more":${more}}`];
      return sendTagged(archive, request, reply, "application/json", text);
    },
  );
}

function isStream({ headers }: FastifyRequest, { format }: PageQuery): boolean {
  if (format !== undefined) return format === "ndjson";
  return negotiateType(headers.accept, ["application/json", ndjson]) === ndjson;
}
