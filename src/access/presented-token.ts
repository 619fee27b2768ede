import type { IncomingHttpHeaders } from "node:http";

/** The protocol's name among WebSocket subprotocols. */
export const protocolName = "telltale.v1";

/** Browsers cannot send an Authorization header with a WebSocket; they send the token as a subprotocol with this prefix. */
const subprotocolPrefix = "bearer.";

/** Query parameters that tokens are commonly sent in. */
const urlNames = ["token", "access_token", "bearer", "authorization"];

/** Returns the token of a request: from `Authorization: Bearer`, else from the first subprotocol `bearer.<token>`. */
export function presentedToken(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  return offered.find((name) => name.startsWith(subprotocolPrefix))?.slice(subprotocolPrefix.length);
}

/** Chooses a subprotocol of those offered, never one with a token. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(protocolName) && protocolName;
}

/** Whether a URL contains a token, which proxies and histories would keep. */
export function hasTokenInUrl(url: string): boolean {
  const query = url.indexOf("?");
  if (query === -1) return false;
  return [...new URLSearchParams(url.slice(query)).keys()].some((name) =>
    urlNames.includes(name.toLowerCase()),
  );
}
