import type { IncomingHttpHeaders } from "node:http";

/** The protocol's name among WebSocket subprotocols. */
export const protocolName = "telltale.v1";

/** What a browser, which cannot send an Authorization header with a WebSocket, puts before its token in a subprotocol's name. */
const subprotocolPrefix = "bearer.";

/** Names under which tokens are known to be put into URLs. */
const urlNames = ["token", "access_token", "bearer", "authorization"];

/** The token that a request brings: that of `Authorization: Bearer`, else the first subprotocol `bearer.<token>`. */
export function presentedToken(headers: IncomingHttpHeaders): string | undefined {
  const [, bearer] = /^bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
  if (bearer !== undefined) return bearer;
  const offered = headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim()) ?? [];
  return offered.find((name) => name.startsWith(subprotocolPrefix))?.slice(subprotocolPrefix.length);
}

/** The subprotocol that is chosen of those offered: never one that holds a token. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  return offered.has(protocolName) && protocolName;
}

/** Whether a URL brings a token, which proxies and histories would keep. */
export function hasTokenInUrl(url: string): boolean {
  const query = url.indexOf("?");
  if (query === -1) return false;
  return [...new URLSearchParams(url.slice(query)).keys()].some((name) =>
    urlNames.includes(name.toLowerCase()),
  );
}
