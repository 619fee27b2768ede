import { type Static, Type } from "@sinclair/typebox";
import { type ErrorCode, describeErrorCode, errorCodes } from "./error-code.js";

/** An error code; the schema describes each. */
export const ErrorCodeSchema = Type.Unsafe<ErrorCode>(
  Type.Union(errorCodes.map((code) => Type.Literal(code, { description: describeErrorCode(code) }))),
);

/** The reply to a message that failed. */
export const ErrorReply = Type.Object(
  {
    type: Type.Union([Type.String(), Type.Null()], {
      description: "The request's type; null if it has none.",
    }),
    ok: Type.Literal(false),
    code: ErrorCodeSchema,
    server_error: Type.String({ description: "One sentence: what is wrong and what to do." }),
    stored: Type.Boolean({ description: "Whether the message is in replay_data." }),
    retry: Type.Boolean({ description: "Whether sending the message again can help." }),
    id: Type.Optional(Type.String({ description: "The request's id, if it could be read." })),
    session: Type.Optional(Type.String({ description: "The session, if the message is stored." })),
    seq: Type.Optional(Type.Integer({ minimum: 1, description: "If the message is stored." })),
    replay_id: Type.Optional(Type.Integer({ minimum: 1, description: "If the message is stored." })),
    digest: Type.Optional(Type.String({ description: "If the message is stored." })),
    received_at: Type.Optional(Type.Number({ description: "If the message is stored: ms since 1970." })),
    duplicate: Type.Optional(Type.Literal(true, { description: "The message was stored before." })),
  },
  { title: "ErrorReply", description: "The reply to a message that failed." },
);
export type ErrorReply = Static<typeof ErrorReply>;
