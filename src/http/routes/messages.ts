import { type Static, type TObject, Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { type Message, locateSession, readMessageTypes, streamMessages } from "../../queries/index.js";
import type { ApiServices } from "../services.js";
import { addList } from "../list-route.js";
import { AnyValue, SessionParameters, Text, Time, occurrence } from "../schemas.js";

const MessageSchema = Type.Object({
  seq: Type.Integer({ minimum: 1 }),
  timestamp: Time,
  ...occurrence,
  type: Text,
  id: Type.String(),
  derivation_error: Type.Union([Type.String(), Type.Null()], {
    description: "Why no trials could be derived from it.",
  }),
  request: AnyValue,
});

const filter = {
  from: Type.Optional(Type.String({ description: "The first message: a seq or a time." })),
  to: Type.Optional(Type.String({ description: "The last message: a seq or a time." })),
  type: Type.Optional(
    Type.Array(Type.String(), {
      description: "The message type; repeat it for several types, or list them: ask,tell.",
    }),
  ),
};

/** The messages of a session. */
export function addMessages(http: FastifyInstance, { archive }: ApiServices): void {
  addList<Message, SessionParameters, Static<TObject<typeof filter>>>(http, archive, {
    path: "/api/sessions/:session/messages",
    operationId: "listMessages",
    summary: "The messages of a session, in the order of seq.",
    member: "messages",
    row: MessageSchema,
    parameters: SessionParameters,
    query: filter,
    cursorAt: ({ seq }) => seq,
    open: async ({ session }, { type = [], ...bounds }, cursor) => {
      const types = readMessageTypes(type);
      const { masterId, lastSeq } = await locateSession(archive, session);
      return { rows: streamMessages(archive, masterId, { ...bounds, types }, cursor), end: lastSeq };
    },
  });
}
