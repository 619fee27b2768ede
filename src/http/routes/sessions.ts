import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { toValue } from "../../protocol/index.js";
import {
  type SessionDetails,
  type SessionFilter,
  type SessionOverview,
  readSession,
  streamSessions,
} from "../../queries/index.js";
import type { ApiServices } from "../services.js";
import { sendTagged } from "../entity-tag.js";
import { addList } from "../list-route.js";
import { rowWriter } from "../row-writer.js";
import { AnyValue, SessionParameters, Text, Time, errors, sessionFilter } from "../schemas.js";

const SessionSchema = Type.Object({
  session_id: Type.String(),
  unique_id: Type.Integer({ description: "In master." }),
  experiment_name: Text,
  experiment_description: Text,
  experiment_id: Text,
  participant_id: Text,
  source: Type.Union([Type.String(), Type.Null()], {
    description: "The file that it was imported from; null for a session recorded here.",
  }),
  first_at: Time,
  last_at: Time,
  messages: Type.Integer(),
  trials: Type.Integer(),
  underivable: Type.Integer({ description: "How many tells are stored but gave no trial." }),
  rejected: Type.Integer({ description: "How many messages of its connections were rejected." }),
  live: Type.Boolean({
    description:
      "Whether a client is connected to it, or its last message is not an exit and less than ten minutes old.",
  }),
  extra_metadata: AnyValue,
});

const filter = {
  ...sessionFilter,
  name: Type.Optional(Type.String({ description: "The experiment_name." })),
};

const DetailsSchema = Type.Object({
  ...SessionSchema.properties,
  config_warnings: Type.Array(Type.String(), {
    description: "What in the config has no effect, one sentence each.",
  }),
  underivable_reasons: Type.Array(
    Type.Object({
      reason: Type.String({ description: "The derivation_error of the tells." }),
      tells: Type.Integer(),
      first_seq: Type.Integer({ description: "The seq of the first of them." }),
    }),
    { description: "Why tells gave no trial; at most 20 reasons, the most frequent first." },
  ),
  rejected_reasons: Type.Array(
    Type.Object({
      code: Type.String({ description: "An error code of docs/PROTOCOL.md." }),
      reason: Type.String({ description: "The error sentence that the client received." }),
      messages: Type.Integer(),
    }),
    { description: "Why messages were rejected; at most 20 reasons, the most frequent first." },
  ),
  config: AnyValue,
});

/** The sessions, and one with its config and metadata. */
export function addSessions(http: FastifyInstance, { archive, boundSessions }: ApiServices): void {
  addList<SessionOverview, object, SessionFilter>(http, archive, {
    path: "/api/sessions",
    operationId: "listSessions",
    summary: "The sessions, in the order in which they were started.",
    member: "sessions",
    row: SessionSchema,
    parameters: Type.Object({}),
    query: filter,
    cursorAt: ({ unique_id }) => unique_id,
    open: (_parameters, query, cursor) => ({ rows: withLive(streamSessions(archive, query, cursor)) }),
  });

  const write = rowWriter(DetailsSchema);
  http.get<{ Params: Static<typeof SessionParameters> }>(
    "/api/sessions/:session",
    {
      schema: {
        operationId: "getSession",
        summary: "One session, with its config and metadata.",
        params: SessionParameters,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: DetailsSchema, ...errors },
      },
    },
    async (request, reply) => {
      const session = await readSession(archive, request.params.session);
      return sendTagged(
        archive,
        request,
        reply,
        "application/json",
        write(describeReasons(noteLive(session, boundSessions()))),
      );
    },
  );

  async function* withLive(sessions: AsyncGenerator<SessionOverview>): AsyncGenerator<SessionOverview> {
    const bound = boundSessions();
    for await (const session of sessions) yield noteLive(session, bound);
  }
}

function noteLive<Session extends SessionOverview>(session: Session, bound: ReadonlySet<string>): Session {
  return { ...session, live: session.live || bound.has(session.session_id) };
}

function describeReasons({ underivable_reasons, rejected_reasons, ...session }: SessionDetails): object {
  return {
    ...session,
    underivable_reasons: toValue(underivable_reasons),
    rejected_reasons: toValue(rejected_reasons),
  };
}
