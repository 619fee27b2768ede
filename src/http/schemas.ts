import { type Static, Type } from "@sinclair/typebox";

/** Any value that a message can hold. */
export const AnyValue = Type.Unsafe<unknown>({
  description:
    'Any value; values that JSON cannot represent have a tagged form, such as {"$bytes": "…"} (docs/PROTOCOL.md, Values).',
});

export const Text = Type.Union([Type.String(), Type.Null()]);

export const Time = Type.Union([Type.String(), Type.Null()], {
  description: "ISO 8601, in UTC; without a zone where AEPsych wrote it.",
});

/** When a message was made, and how exactly that is known. */
export const occurrence = {
  occurred_at: Type.Union([Type.String(), Type.Null()], {
    description:
      "When its message was made, on the daemon's clock: ISO 8601, in UTC, with microseconds; null if the client did not say.",
  }),
  clock_uncertainty_ms: Type.Union([Type.Number(), Type.Null()], {
    description: "How far off occurred_at may be, in ms; null if it is not known.",
  }),
};

/** The session in a path. */
export const SessionParameters = Type.Object({
  session: Type.String({
    description:
      "Its id, the beginning of its id, its unique_id in master, or last: the session started last. Write unique_id:8 where 8 is also the beginning of an id, and id:8 for such a beginning.",
  }),
});
export type SessionParameters = Static<typeof SessionParameters>;

/** The query parameters that select sessions. */
export const sessionFilter = {
  experiment: Type.Optional(
    Type.String({ description: "The experiment_id or the experiment_name; id:… and name:… say which." }),
  ),
  participant: Type.Optional(Type.String({ description: "The participant_id." })),
  from: Type.Optional(Type.String({ description: "Started at this time or later." })),
  to: Type.Optional(Type.String({ description: "Started at this time or earlier." })),
};

/** The body of an answer to a request that failed. */
export const ErrorSchema = Type.Object(
  {
    code: Type.String({ description: "What went wrong, for programs." }),
    message: Type.String({ description: "One sentence for people." }),
  },
  { description: "An error." },
);

const retryAfter = { "retry-after": { type: "integer", description: "Seconds to wait before a retry." } };

/** The error answers of every route. */
export const errors = {
  "4xx": ErrorSchema,
  503: {
    description: "The database cannot be read now.",
    headers: retryAfter,
    content: { "application/json": { schema: ErrorSchema } },
  },
};
