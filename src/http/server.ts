import { type FastifyInstance, fastify } from "fastify";
import { answerError } from "./error-answer.js";
import { describeInvalid } from "./invalid-parameter.js";

/** Longer than any session's id, each of its characters written as %xx. */
const maximumParameterLength = 500;

/**
 * The daemon's HTTP server, with no routes yet: whatever goes wrong is answered in JSON, `{"code", "message"}`, in one sentence.
 *
 * @param onInternal is told of an error that is telltale's own.
 */
export function makeServer(onInternal: (error: unknown) => void): FastifyInstance {
  const http = fastify({
    logger: false,
    routerOptions: { maxParamLength: maximumParameterLength },
    // A parameter that is misspelt would else be taken away, and everything given out.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array" } },
    schemaErrorFormatter: describeInvalid,
    frameworkErrors: (error, _request, reply) => {
      // Comes before every hook.
      answerError(error, reply.header("x-content-type-options", "nosniff"), onInternal);
    },
  });
  http.addHook("onRequest", async (_request, reply) => {
    reply.header("x-content-type-options", "nosniff");
  });
  http.setErrorHandler((error, _request, reply) => answerError(error, reply, onInternal));
  http.setNotFoundHandler((request, reply) =>
    reply.code(404).send({
      code: "not_found",
      message: `There is nothing at ${request.method} ${request.url}; GET /api/openapi.json says what there is.`,
    }),
  );
  return http;
}
