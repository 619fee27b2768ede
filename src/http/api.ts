import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { addRoutes } from "./routes/index.js";
import type { ApiServices } from "./services.js";

/** Adds the HTTP API of docs/HTTP.md, and the OpenAPI document that describes it. */
export function serveApi(http: FastifyInstance, services: ApiServices): void {
  void http.register(async (api) => {
    await api.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: {
          title: "telltale",
          version: "1",
          description: "Sessions of experiments: messages, trials, strats. docs/HTTP.md explains them.",
        },
        // Relative to where the document is: telltale may be behind a proxy with another name.
        servers: [{ url: "/" }],
        // Whether a token is needed depends on how telltale was started: declare both.
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        security: [{}, { token: [] }],
      },
    });
    // The routes write their answers themselves.
    api.setSerializerCompiler(() => JSON.stringify);
    addRoutes(api, services);
    api.get("/api/openapi.json", { schema: { operationId: "getOpenApi", summary: "This document." } }, () =>
      api.swagger(),
    );
  });
}
