import { type KnownHosts, hostNameOf, isKnownHost } from "./host-name.js";
import { isSameOrigin } from "./origin.js";
import type { Refusal } from "./refusal.js";
import type { Scope, Tokens } from "./tokens.js";

/** What the door looks at in a request. */
export interface RequestFacts {
  /** What the request needs leave for; undefined where everybody may. */
  readonly scope: Scope | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly token: string | undefined;
  readonly hasTokenInUrl: boolean;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
}

/** Whom the door lets in. */
export interface AccessPolicy {
  /** Undefined where no token is needed. */
  readonly tokens: Tokens | undefined;
  readonly allowedOrigins: readonly string[];
  readonly knownHosts: KnownHosts;
  readonly allowedHosts: readonly string[];
}

/** Longer names are not repeated. */
const longestEcho = 200;

/** Why a request is not let in; undefined where it is. */
export function judge(facts: RequestFacts, policy: AccessPolicy): Refusal | undefined {
  return judgeHost(facts, policy) ?? judgeOrigin(facts, policy) ?? judgeToken(facts, policy);
}

function judgeHost({ host }: RequestFacts, { knownHosts, allowedHosts }: AccessPolicy): Refusal | undefined {
  if (knownHosts === "any") return undefined;
  const name = hostNameOf(host);
  if (name === undefined) {
    return { code: "host_not_allowed", message: "The request names no host; send a Host header." };
  }
  if (isKnownHost(name, knownHosts, allowedHosts)) return undefined;
  const called = echo(name);
  return {
    code: "host_not_allowed",
    message: `telltale is not known as ${called} here; if it is, start it with --allow-host ${called}.`,
  };
}

function judgeOrigin({ origin, host, isSecure }: RequestFacts, policy: AccessPolicy): Refusal | undefined {
  if (origin === undefined || isAllowedOrigin(origin, policy)) return undefined;
  if (isSameOrigin(origin, host, isSecure)) return undefined;
  const named = nameOrigin(origin);
  const page = named === "null" ? "opened from a file (the origin null)" : `of ${echo(named)}`;
  return {
    code: "origin_not_allowed",
    message: `A page ${page} may not connect; if it is yours, start telltale with --allow-origin ${echo(named)}.`,
  };
}

/** Whether pages of this origin were let in by name. */
export function isAllowedOrigin(origin: string, { allowedOrigins }: AccessPolicy): boolean {
  return allowedOrigins.includes(nameOrigin(origin));
}

function judgeToken(facts: RequestFacts, { tokens }: AccessPolicy): Refusal | undefined {
  const { scope, token } = facts;
  if (facts.hasTokenInUrl) {
    return {
      code: "token_in_url",
      message:
        "A token stands in the URL, where histories and logs keep it; make a new one, and send it as a header.",
    };
  }
  if (tokens === undefined || scope === undefined) return undefined;
  if (token === undefined) {
    return {
      code: "unauthorized",
      message: `A token with the scope ${scope} is needed; send it as Authorization: Bearer, or as the WebSocket subprotocol bearer.<token>.`,
    };
  }
  const scopes = tokens.scopesOf(token);
  if (scopes === undefined) {
    return { code: "unauthorized", message: "There is no such token; ask who runs telltale for another." };
  }
  if (scopes.has(scope)) return undefined;
  return { code: "wrong_scope", message: `The token has not the scope ${scope}; use one that has.` };
}

/** Chromium says `file://` with a WebSocket of a page that was opened from a file, and `null` with its requests. */
function nameOrigin(origin: string): string {
  return origin === "file://" ? "null" : origin;
}

function echo(text: string): string {
  return text.length > longestEcho ? `${text.slice(0, longestEcho)}…` : text;
}
