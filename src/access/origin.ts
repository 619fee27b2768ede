import { hostNameOf } from "./host-name.js";

/**
 * Whether a page's Origin is the address that it connects to. Over a plain connection `https` counts too: a proxy in front may
 * end TLS.
 */
export function isSameOrigin(origin: string, host: string | undefined, isSecure: boolean): boolean {
  if (hostNameOf(host) === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: from, origin: normalized } = new URL(origin);
  if (origin !== normalized) return false;
  if (protocol !== "https:" && (isSecure || protocol !== "http:")) return false;
  const asked = `${protocol}//${host ?? ""}`;
  return URL.canParse(asked) && new URL(asked).host === from;
}
