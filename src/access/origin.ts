import { hostNameOf } from "./host-name.js";

/** Longer origins are not those of pages: a host name has at most 253 characters. */
const longestOrigin = 300;

/**
 * Spells an origin as browsers do: in lower case, without a default port or a slash at the end. This is also the form that
 * `--allow-origin` takes. For a page that was opened from a file, Chromium sends `file://` with WebSockets and `null` with requests.
 *
 * @returns undefined for a text that is not an origin, or not one of plain characters, which could be pasted into a shell.
 */
export function readOrigin(text: string): string | undefined {
  if (text === "null" || text === "file://") return "null";
  const origin = text.toLowerCase().replace(/\/$/, "");
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*\\]+$/.test(origin) || !URL.canParse(origin)) return undefined;
  if (/^wss?:/.test(origin)) return undefined;
  // For schemes such as chrome-extension:// the URL class has no origin.
  const spelt = /^https?:/.test(origin) ? new URL(origin).origin : origin;
  return spelt.length <= longestOrigin && /^[a-z0-9+.:/_[\]-]+$/.test(spelt) ? spelt : undefined;
}

/**
 * Whether a page's Origin is the address that it connects to. Over a plain connection `https` counts too: a proxy in front may
 * end TLS.
 */
export function isSameOrigin(origin: string, host: string | undefined, isSecure: boolean): boolean {
  const read = readOrigin(origin);
  if (hostNameOf(host) === undefined || read === undefined || !/^https?:/.test(read)) return false;
  const { protocol, host: from } = new URL(read);
  if (protocol === "http:" && isSecure) return false;
  const asked = `${protocol}//${host ?? ""}`;
  return URL.canParse(asked) && new URL(asked).host === from;
}
