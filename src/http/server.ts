import { type RequestListener, type Server, createServer } from "node:http";
import type { Socket } from "node:net";
import { type FastifyInstance, fastify } from "fastify";
import { answerRaw, securityHeaders } from "../access/index.js";
import { answerError } from "./error-answer.js";
import { describeInvalid } from "./invalid-parameter.js";
import { oneAtATime } from "./one-at-a-time.js";
import { buildValidator } from "./validators.js";

/** Longer than a session id in which every character is written as %xx. */
const maximumParameterLength = 500;

/**
 * Makes the daemon's HTTP server, without routes. It answers every error in JSON: `{"code", "message"}`, the message one sentence.
 *
 * @param onInternal called with an error that is a fault of telltale.
 * @param makeListener creates the server that listens.
 */
export function makeServer(
  onInternal: (error: unknown) => void,
  makeListener: (listener: RequestListener) => Server = (listener) => createServer(listener),
): FastifyInstance {
  const http = fastify({
    logger: false,
    serverFactory: (listener) => makeListener(oneAtATime(listener)),
    clientErrorHandler: answerUnread,
    routerOptions: { maxParamLength: maximumParameterLength },
    // Otherwise a misspelt filter would be removed, and the answer would hold everything.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: "array" } },
    schemaController: { compilersFactory: { buildValidator } },
    schemaErrorFormatter: describeInvalid,
    frameworkErrors: (error, _request, reply) => {
      // No hook has run yet: set the headers here.
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

/** Answers input that is not valid HTTP, and requests that take too long. */
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
        : { status: 400, message: "This is not a valid HTTP request." };
  answerRaw(stream, status, { code: "bad_request", message });
}
