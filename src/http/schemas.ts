import { type Static, Type } from "@sinclair/typebox";

/** Any value that a message can hold. */
export const AnyValue = Type.Unsafe<unknown>({
  description:
    'Any value; what JSON cannot say has a tagged form, such as {"$bytes": "…"} (docs/PROTOCOL.md, Values).',
});

export const Text = Type.Union([Type.String(), Type.Null()]);

export const Time = Type.Union([Type.String(), Type.Null()], {
  description: "ISO 8601, in UTC; without a zone where AEPsych wrote it.",
});

/** Which session, in a path. */
export const SessionParameters = Type.Object({
  session: Type.String({
    description:
      "Its id, the beginning of its id, its unique_id in master, or last: the one that was begun last.",
  }),
});
export type SessionParameters = Static<typeof SessionParameters>;

/** What is answered instead of what was asked for. */
export const ErrorSchema = Type.Object(
  {
    code: Type.String({ description: "What went wrong, for programs." }),
    message: Type.String({ description: "One sentence for people." }),
  },
  { description: "An error." },
);

const retryAfter = { "retry-after": { type: "integer", description: "In how many seconds to ask again." } };

/** The errors that every route may answer. */
export const errors = {
  "4xx": ErrorSchema,
  503: {
    description: "The database cannot be read now.",
    headers: retryAfter,
    content: { "application/json": { schema: ErrorSchema } },
  },
};
