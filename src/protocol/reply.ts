import { type Static, Type } from "@sinclair/typebox";
import type { ClockReply } from "./clock/messages.js";
import type { ErrorReply } from "./error-reply.js";

/** The members of every reply to a stored message. */
const stored = {
  ok: Type.Literal(true),
  stored: Type.Literal(true, { description: "The message is in replay_data, on disk." }),
  id: Type.String({ description: "The message's id, chosen by the client or else by the daemon." }),
  session: Type.String({ description: "The id of the session." }),
  seq: Type.Integer({
    minimum: 1,
    description: "The message's position in its session: 1, 2, 3 … without gaps.",
  }),
  replay_id: Type.Integer({ minimum: 1, description: "The unique_id of its replay_data row." }),
  digest: Type.String({
    pattern: "^[0-9a-f]{64}$",
    description: "Chains the message to those before it in its session: SHA-256, in hexadecimal digits.",
  }),
  received_at: Type.Number({ description: "When the daemon received the message: ms since 1970." }),
  duplicate: Type.Optional(
    Type.Literal(true, { description: "The message was stored before; nothing was written now." }),
  ),
};

const stratId = Type.Integer({
  minimum: 0,
  description: "The session's number on this connection: 0 for the first one set up or resumed, then 1, 2 …",
});

/** The reply to a setup. */
export const SetupReply = Type.Object(
  {
    type: Type.Literal("setup"),
    ...stored,
    strat_id: stratId,
    warnings: Type.Optional(
      Type.Array(Type.String(), { description: "What in the config has no effect, one sentence each." }),
    ),
  },
  { title: "SetupReply", description: "The reply to a setup." },
);

/** The reply to an ask. */
export const AskReply = Type.Object(
  { type: Type.Literal("ask"), ...stored },
  { title: "AskReply", description: "The reply to an ask: that it was stored." },
);

/** The reply to a tell. */
export const TellReply = Type.Object(
  {
    type: Type.Literal("tell"),
    ...stored,
    trials_recorded: Type.Integer({ minimum: 0, description: "The number of trials derived from the tell." }),
    model_data_added: Type.Integer({ minimum: 0, description: "Always 0: telltale runs no model." }),
  },
  { title: "TellReply", description: "The reply to a tell." },
);
export type TellReply = Static<typeof TellReply>;

/** The reply to a strat. */
export const StratReply = Type.Object(
  { type: Type.Literal("strat"), ...stored },
  { title: "StratReply", description: "The reply to a strat: that it was stored." },
);

/** The reply to a resume. */
export const ResumeReply = Type.Object(
  {
    type: Type.Literal("resume"),
    ...stored,
    strat_id: stratId,
    last_seq: Type.Integer({
      minimum: 1,
      description: "The seq of the session's last message before this one.",
    }),
    last_digest: Type.String({
      pattern: "^[0-9a-f]{64}$",
      description: "The digest of the message `last_seq`.",
    }),
    known_digest: Type.Optional(
      Type.Union([Type.String({ pattern: "^[0-9a-f]{64}$" }), Type.Null()], {
        description:
          "The digest of the message `known_seq` of the request; null if the session has no such message before this one.",
      }),
    ),
  },
  { title: "ResumeReply", description: "The reply to a resume." },
);

/** The reply to an exit. */
export const ExitReply = Type.Object(
  {
    type: Type.Literal("exit"),
    ...stored,
    termination_type: Type.Literal("Normal termination"),
    success: Type.Literal(true),
  },
  { title: "ExitReply", description: "The reply to an exit." },
);
export type ExitReply = Static<typeof ExitReply>;

/** The reply to a message of any other type. */
export const OtherReply = Type.Object(
  { type: Type.String(), ...stored },
  { title: "OtherReply", description: "The reply to a message of any other type: that it was stored." },
);
export type OtherReply = Static<typeof OtherReply>;

/** The members that a message type adds to its reply. */
export type ReplyResult =
  | Pick<Static<typeof SetupReply>, "strat_id" | "warnings">
  | Pick<TellReply, "trials_recorded" | "model_data_added">
  | Pick<Static<typeof ResumeReply>, "strat_id" | "last_seq" | "last_digest" | "known_digest">
  | Pick<ExitReply, "termination_type" | "success">
  | undefined;

/** The reply to any stored message. */
export type StoredReply = OtherReply & (ReplyResult | object);

/** Any reply. */
export type Reply = StoredReply | ErrorReply | ClockReply;
