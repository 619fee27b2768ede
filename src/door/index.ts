export { isLoopbackAddress } from "./address.js";
export { Door, peerOf } from "./door.js";
export { DoorError, type DoorErrorCode } from "./door-error.js";
export type { DoorOptions } from "./door-options.js";
export { guardHttp } from "./guard-http.js";
export { guardUpgrades } from "./guard-upgrades.js";
export { answerRaw, securityHeaders } from "./raw-answer.js";
export { makeTokenLine, readScopes, readTokenFile } from "./token-file.js";
export type { Scope } from "./tokens.js";
