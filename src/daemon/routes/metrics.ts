import type { FastifyInstance } from "fastify";
import type { Metrics } from "../monitoring/metrics.js";

/** Adds `GET /metrics`, in Prometheus' text format. */
export function addMetrics(http: FastifyInstance, metrics: Metrics): void {
  http.get("/metrics", async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.write()),
  );
}
