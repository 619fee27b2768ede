import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import type { ReadOnlyStore } from "../database/index.js";
import { addExport } from "./routes/export.js";
import { addMessages } from "./routes/messages.js";
import { addRejections } from "./routes/rejections.js";
import { addSessions } from "./routes/sessions.js";
import { addStrats } from "./routes/strats.js";
import { addTrials } from "./routes/trials.js";

/** What the routes work with. */
export interface ApiServices {
  /** What is read from. */
  readonly archive: ReadOnlyStore;
  /** The ids of the sessions that a connection is bound to now. */
  readonly boundSessions: () => ReadonlySet<string>;
  /** The version of telltale. */
  readonly version: string;
}

/** The families of routes under /api; a new one has a file of its own, and its place here. */
const families = [addSessions, addMessages, addTrials, addStrats, addRejections, addExport];

/** Adds the HTTP API of docs/HTTP.md, and the OpenAPI document that describes it. */
export function serveApi(http: FastifyInstance, services: ApiServices): void {
  void http.register(async (api) => {
    await api.register(swagger, {
      openapi: {
        openapi: "3.1.0",
        info: {
          title: "telltale",
          version: "1",
          description: "Sessions of experiments: messages, trials, strats. docs/HTTP.md says it in prose.",
        },
        // Either, as telltale was started.
        components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
        security: [{}, { token: [] }],
      },
    });
    // The routes write their answers themselves.
    api.setSerializerCompiler(() => JSON.stringify);
    for (const addFamily of families) addFamily(api, services);
    api.get("/api/openapi.json", { schema: { summary: "This document." } }, () => api.swagger());
  });
}
