import type { FastifyInstance } from "fastify";
import type { AccessControl } from "../../access/index.js";
import type { Health } from "../monitoring/health.js";

/** Adds `GET /healthz`: 200 while a message would be stored, else 503. */
export function addHealthz(http: FastifyInstance, health: Health, access: AccessControl): void {
  http.get("/healthz", { config: { isOpen: true } }, async ({ raw }, reply) => {
    const report = await health.check();
    // Monitoring needs no token for the status; where the data is, and which version's faults apply, is for readers only.
    const answer = access.allows(raw, "read") ? report : { ok: report.ok };
    return reply.code(report.ok ? 200 : 503).send(answer);
  });
}
