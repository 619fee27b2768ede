/** Access control: which requests are let in, by token, origin, host name and limits, over HTTP and WebSocket. */
export { isLoopbackAddress } from "./address.js";
export { AccessControl, peerOf } from "./access-control.js";
export { AccessError, type AccessErrorCode } from "./access-error.js";
export type { AccessOptions } from "./access-options.js";
export { guardHttp } from "./guard-http.js";
export { guardUpgrades } from "./guard-upgrades.js";
export { readHostName } from "./host-name.js";
export { readOrigin } from "./origin.js";
export { answerRaw, securityHeaders } from "./raw-answer.js";
export { refusalStatus } from "./refusal.js";
export { makeTokenLine, readScopes, readTokenFile } from "./token-file.js";
export type { Scope } from "./tokens.js";
