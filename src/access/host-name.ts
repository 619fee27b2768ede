import { isIP } from "node:net";
import { isLoopbackAddress } from "./address.js";

/**
 * By which names a request may call the daemon, against pages that make their own name point at it (DNS rebinding): `loopback`,
 * localhost and loopback's addresses; `addresses`, any IP address and localhost; `any` where a token is needed anyway.
 */
export type KnownHosts = "loopback" | "addresses" | "any";

/** The name in a Host header, in lower case and without its port; undefined where it is no such header. */
export function hostNameOf(host: string | undefined): string | undefined {
  const [, name] = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

/** Whether a name is one of those that a request may call the daemon by. */
export function isKnownHost(name: string, known: KnownHosts, allowed: readonly string[]): boolean {
  if (known === "any" || allowed.includes(name)) return true;
  const address = name.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) !== 0) return known === "addresses" || isLoopbackAddress(address);
  return name === "localhost";
}
