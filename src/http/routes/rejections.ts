import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { type Rejection, locateSession, streamRejections } from "../../queries/index.js";
import type { ApiServices } from "../services.js";
import { addList } from "../list-route.js";
import { AnyValue, SessionParameters, Text, Time } from "../schemas.js";

const RejectionSchema = Type.Object({
  unique_id: Type.Integer({ description: "In rejected_data." }),
  session_id: Type.Union([Type.String(), Type.Null()], {
    description: "The session of its connection; null if the connection had none.",
  }),
  timestamp: Time,
  code: Type.String({ description: "An error code of docs/PROTOCOL.md." }),
  reason: Type.String({ description: "The error sentence that the client received." }),
  peer: Text,
  length: Type.Union([Type.Integer(), Type.Null()], { description: "The frame's length in bytes." }),
  request: AnyValue,
});

const common = {
  member: "rejected",
  row: RejectionSchema,
  query: {},
  cursorAt: ({ unique_id }: Rejection) => unique_id,
};

/** The rejected frames: of all connections, and of one session. */
export function addRejections(http: FastifyInstance, { archive }: ApiServices): void {
  addList(http, archive, {
    ...common,
    path: "/api/rejected",
    operationId: "listRejected",
    summary: "Frames that could not become a message, in the order in which they arrived.",
    parameters: Type.Object({}),
    open: (_parameters, _query, cursor) => ({ rows: streamRejections(archive, undefined, cursor) }),
  });
  addList(http, archive, {
    ...common,
    path: "/api/sessions/:session/rejected",
    operationId: "listRejectedOfSession",
    summary: "Frames from the connections of a session that could not become a message.",
    parameters: SessionParameters,
    open: async ({ session }: SessionParameters, _query, cursor) => {
      const { masterId } = await locateSession(archive, session);
      return { rows: streamRejections(archive, masterId, cursor) };
    },
  });
}
