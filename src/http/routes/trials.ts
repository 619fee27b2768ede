import { Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { type Trial, locateSession, streamTrials } from "../../queries/index.js";
import type { ApiServices } from "../services.js";
import { addList } from "../list-route.js";
import { AnyValue, SessionParameters, Time, occurrence } from "../schemas.js";

const named = (description: string) => Type.Unsafe({ type: "object", description });

const TrialSchema = Type.Object({
  trial: Type.Integer({ minimum: 1, description: "Its number in the session." }),
  seq: Type.Union([Type.Integer(), Type.Null()], {
    description: "The seq of its message; null where AEPsych wrote the trial itself.",
  }),
  timestamp: Time,
  ...occurrence,
  model_data: Type.Union([Type.Boolean(), Type.Null()], {
    description: "Whether it was meant for the model.",
  }),
  parameters: named("Each parameter's value by its name."),
  outcomes: named("Each outcome's value by its name; null means no response."),
  extra_data: AnyValue,
});

/** The trials of a session, one per row. */
export function addTrials(http: FastifyInstance, { archive }: ApiServices): void {
  addList<Trial, SessionParameters, object>(http, archive, {
    path: "/api/sessions/:session/trials",
    operationId: "listTrials",
    summary: "The trials of a session, in order, each with its parameters and outcomes.",
    member: "trials",
    row: TrialSchema,
    parameters: SessionParameters,
    query: {},
    cursorAt: ({ trial }) => trial,
    open: async ({ session }, _query, cursor) => {
      const { masterId } = await locateSession(archive, session);
      return { rows: streamTrials(archive, masterId, cursor) };
    },
  });
}
