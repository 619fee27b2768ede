import { isIP } from "node:net";
import { isLoopbackAddress } from "./address.js";

/**
 * The names that a Host header may have, as a defence against pages whose own name is made to point here (DNS rebinding): `loopback`
 * is localhost and loopback addresses; `addresses` is localhost and any IP address; `any` is enough when a token is needed anyway.
 */
export type KnownHosts = "loopback" | "addresses" | "any";

/** Returns the name in a Host header, in lower case and without the port; undefined if the header is not valid. */
export function hostNameOf(host: string | undefined): string | undefined {
  const [, name] = /^(\[[0-9a-f:.]+\]|[^\s:/?#@[\]\\]+)(?::\d{1,5})?$/i.exec(host ?? "") ?? [];
  return name?.toLowerCase().replace(/\.$/, "");
}

/** Whether a Host header may have this name. */
export function isKnownHost(name: string, known: KnownHosts, allowed: readonly string[]): boolean {
  if (known === "any" || allowed.includes(name)) return true;
  const address = name.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) !== 0) return known === "addresses" || isLoopbackAddress(address);
  return name === "localhost";
}

/**
 * Spells the name of a host as `--allow-host` takes it: a name or an address, IPv6 in brackets, in lower case.
 *
 * @returns undefined for any other text.
 */
export function readHostName(text: string): string | undefined {
  const name = text.toLowerCase();
  if (isIP(name.replace(/^\[(.*)\]$/, "$1")) === 6) return name.startsWith("[") ? name : `[${name}]`;
  return /^[a-z0-9._-]{1,253}$/.test(name) ? name.replace(/\.$/, "") : undefined;
}
