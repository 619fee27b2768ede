/** The routes under /api; a new family of routes has a file of its own, and its place in this list. */
import type { FastifyInstance } from "fastify";
import type { ApiServices } from "../services.js";
import { addExport } from "./export.js";
import { addMessages } from "./messages.js";
import { addRejections } from "./rejections.js";
import { addSessions } from "./sessions.js";
import { addStrats } from "./strats.js";
import { addTrials } from "./trials.js";

const families = [addSessions, addMessages, addTrials, addStrats, addRejections, addExport];

/** Adds every route that reads the database, each request in a slot of its own. */
export function addRoutes(http: FastifyInstance, services: ApiServices): void {
  http.addHook("preHandler", (_request, { raw }) => services.readSlots.enter(raw));
  for (const addFamily of families) addFamily(http, services);
}
