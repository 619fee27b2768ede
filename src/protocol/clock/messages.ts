import { type Static, Type } from "@sinclair/typebox";

/** The most bytes of a clock probe: a larger frame would have to be decoded twice to find out what it is. */
export const maximumProbeBytes = 512;

const idPattern = "^[\\x20-\\x7e]{1,128}$";

/** What a client knows about its clock, brought with each message. */
export const ClockEstimate = Type.Object(
  {
    offset_ms: Type.Number({
      description: "What to add to the client's clock to get the daemon's, in ms: a finite number.",
    }),
    uncertainty_ms: Type.Number({
      minimum: 0,
      description: "How far off that may be, in ms: a finite number from 0.",
    }),
  },
  { description: "The client's estimate of the daemon's clock." },
);
export type ClockEstimate = Static<typeof ClockEstimate>;

/** Asks for the daemon's clock. It is no message: stored nowhere, in no session, and answered at once. */
export const ClockRequest = Type.Object(
  {
    type: Type.Literal("clock"),
    sent_at: Type.Number({ description: "The client's clock: ms since 1970, returned unchanged." }),
    id: Type.Optional(Type.String({ pattern: idPattern, description: "Returned unchanged." })),
  },
  {
    title: "ClockRequest",
    description: "Asks for the daemon's clock; stored nowhere.",
    additionalProperties: false,
  },
);
export type ClockRequest = Static<typeof ClockRequest>;

/** The reply to a clock probe. */
export const ClockReply = Type.Object(
  {
    type: Type.Literal("clock"),
    ok: Type.Literal(true),
    stored: Type.Literal(false, { description: "A clock probe is stored nowhere." }),
    id: Type.Optional(Type.String({ description: "The `id` of the request." })),
    sent_at: Type.Number({ description: "The `sent_at` of the request." }),
    received_at: Type.Number({ description: "The daemon's clock when the probe arrived: ms since 1970." }),
    answered_at: Type.Number({ description: "The daemon's clock when this reply left: ms since 1970." }),
  },
  { title: "ClockReply", description: "The reply to a clock probe." },
);
export type ClockReply = Static<typeof ClockReply>;
