import type { FastifyInstance } from "fastify";

const text =
  "telltale is running. Experiments connect by WebSocket; GET /healthz reports its health, /metrics its metrics, /api/sessions the sessions stored.\n";

/** Adds `GET /`, for people who open the address in a browser. */
export function addFront(http: FastifyInstance): void {
  http.get("/", { config: { isOpen: true } }, (_request, reply) => reply.type("text/plain").send(text));
}
