export { type ApiServices, serveApi } from "./api.js";
export { makeServer } from "./server.js";
