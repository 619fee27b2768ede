/** The HTTP API: the daemon's server, and the routes that read sessions, messages, trials and strats. */
export { serveApi } from "./api.js";
export { type ReadLimits, ReadSlots, defaultReadLimits } from "./read-slots.js";
export { makeServer } from "./server.js";
export type { ApiServices } from "./services.js";
