import { type RequestListener, type Server, createServer } from "node:http";
import type { Socket } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import { answerRaw, securityHeaders } from "../access/index.js";
import { answerError } from "./error-answer.js";
import { describeInvalid } from "./invalid-parameter.js";

/** Longer than any session's id, each of its characters written as %xx. */
const maximumParameterLength = 500;

/**
 * The daemon's HTTP server, with no routes yet: whatever goes wrong is answered in JSON, `{"code", "message"}`, in one sentence.
 *
 * @param onInternal is told of an error that is telltale's own.
 * @param makeListener makes the server that listens.
 */
export function makeServer(
  onInternal: (error: unknown) => void,
  makeListener: (listener: RequestListener) => Server = (listener) => createServer(listener),
): FastifyInstance {
  const http = fastify({
    logger: false,
    serverFactory: (listener) => makeListener(listener),
    clientErrorHandler: answerUnread,
    routerOptions: { maxParamLength: maximumParameterLength },
    // A parameter that is misspelt would else be taken away, and everything given out.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array" } },
    schemaErrorFormatter: describeInvalid,
    frameworkErrors: (error, _request, reply) => {
      // Comes before every hook.
      answerError(error, reply.headers(securityHeaders), onInternal);
    },
  });
  http.addHook("onRequest", async (_request, reply) => {
    reply.headers(securityHeaders);
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

/** Answers what is no HTTP, and clients that take too long for their request. */
function answerUnread(error: NodeJS.ErrnoException, stream: Socket): void {
  if (error.code === "ECONNRESET" || !stream.writable) {
    stream.destroy();
    return;
  }
  const { status, message } =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? { status: 408, message: "The request took too long; send it at once." }
      : error.code === "HPE_HEADER_OVERFLOW"
        ? { status: 431, message: "The headers of the request are too long; send fewer." }
        : { status: 400, message: "This is no HTTP request." };
  answerRaw(stream, status, { code: "bad_request", message });
}
