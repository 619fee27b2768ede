import { type Static, Type } from "@sinclair/typebox";
import type { FastifyInstance } from "fastify";
import { formatJsonInParts } from "../../protocol/index.js";
import { type StratEntry, locateSession, readStrat, streamStrats } from "../../queries/index.js";
import type { ApiServices } from "../services.js";
import { sendTagged } from "../entity-tag.js";
import { addList } from "../list-route.js";
import { AnyValue, SessionParameters, Time, errors } from "../schemas.js";

const StratSchema = Type.Object({
  position: Type.Integer({ minimum: 0, description: "Its index among the session's strats." }),
  seq: Type.Union([Type.Integer(), Type.Null()], {
    description: "The seq of its message; null where AEPsych wrote the strat.",
  }),
  timestamp: Time,
});

const StratParameters = Type.Object({
  ...SessionParameters.properties,
  position: Type.Integer({ description: "0 is the first strat, -1 the last." }),
});

/** The strats of a session, and the contents of one. */
export function addStrats(http: FastifyInstance, { archive }: ApiServices): void {
  addList<StratEntry, SessionParameters, object>(http, archive, {
    path: "/api/sessions/:session/strats",
    operationId: "listStrats",
    summary: "The strats of a session, in order, without their contents.",
    member: "strats",
    row: StratSchema,
    parameters: SessionParameters,
    query: {},
    cursorAt: ({ position }) => position + 1,
    open: async ({ session }, _query, cursor) => {
      const { masterId } = await locateSession(archive, session);
      return { rows: streamStrats(archive, masterId, cursor) };
    },
  });

  const summary = "The contents of one strat: bytes unchanged, everything else as JSON.";
  const content = {
    "application/json": { schema: AnyValue },
    "application/octet-stream": { schema: Type.Unsafe({}) },
  };
  http.get<{ Params: Static<typeof StratParameters> }>(
    "/api/sessions/:session/strats/:position",
    {
      schema: {
        operationId: "getStrat",
        summary,
        params: StratParameters,
        querystring: Type.Object({}, { additionalProperties: false }),
        response: { 200: { description: summary, content }, ...errors },
      },
    },
    async (request, reply) => {
      const { session, position } = request.params;
      const { masterId } = await locateSession(archive, session);
      const strat = await readStrat(archive, masterId, position);
      const [type, parts] =
        strat instanceof Uint8Array
          ? ["application/octet-stream", [strat]]
          : ["application/json", formatJsonInParts(strat)];
      return sendTagged(archive, request, reply, type, parts);
    },
  );
}
