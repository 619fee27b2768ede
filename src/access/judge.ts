import { type KnownHosts, hostNameOf, isKnownHost, readHostName } from "./host-name.js";
import { isSameOrigin, readOrigin } from "./origin.js";
import type { Refusal } from "./refusal.js";
import type { Scope, Tokens } from "./tokens.js";

/** The facts about a request that decide whether it is let in. */
export interface RequestFacts {
  /** The scope that the request needs; undefined if it needs no token. */
  readonly scope: Scope | undefined;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  /** Whether a browser says that a page of another origin makes it (`Sec-Fetch-Site`): such a page may hide its origin. */
  readonly isCrossOrigin: boolean;
  readonly token: string | undefined;
  readonly hasTokenInUrl: boolean;
  /** Whether it came over TLS. */
  readonly isSecure: boolean;
}

/** The rules that requests are judged by. */
export interface AccessPolicy {
  /** Undefined if no token is needed. */
  readonly tokens: Tokens | undefined;
  readonly allowedOrigins: readonly string[];
  readonly knownHosts: KnownHosts;
  readonly allowedHosts: readonly string[];
}

/** Longer names are cut in answers and in the log. */
const longestEcho = 200;

/** Returns why a request is refused; undefined if it is let in. */
export function judge(facts: RequestFacts, policy: AccessPolicy): Refusal | undefined {
  return judgeHost(facts, policy) ?? judgeOrigin(facts, policy) ?? judgeToken(facts, policy);
}

function judgeHost({ host }: RequestFacts, { knownHosts, allowedHosts }: AccessPolicy): Refusal | undefined {
  if (knownHosts === "any") return undefined;
  const name = hostNameOf(host);
  if (name === undefined) {
    return { code: "host_not_allowed", message: "The request has no valid Host header; send one." };
  }
  const called = readHostName(name);
  if (isKnownHost(called ?? name, knownHosts, allowedHosts)) return undefined;
  return {
    code: "host_not_allowed",
    message:
      called === undefined
        ? `${echo(name)} in the Host header is not the name of a host; send the name that telltale has.`
        : `Host ${called} is not allowed; if it is right, start telltale with --allow-host ${called}.`,
  };
}

/** A page cannot read this answer, but it could make telltale work for it. */
const hiddenOrigin: Refusal = {
  code: "origin_not_allowed",
  message:
    "A page of another origin may not request this without its origin; if it is yours, let it use CORS and start telltale with --allow-origin and the page's origin.",
};

function judgeOrigin(
  { scope, origin, isCrossOrigin, host, isSecure }: RequestFacts,
  policy: AccessPolicy,
): Refusal | undefined {
  if (origin === undefined) return isCrossOrigin && scope !== undefined ? hiddenOrigin : undefined;
  if (isAllowedOrigin(origin, policy) || isSameOrigin(origin, host, isSecure)) return undefined;
  const named = readOrigin(origin);
  const page = named === "null" ? "opened from a file (the origin null)" : `of ${named ?? ""}`;
  return {
    code: "origin_not_allowed",
    message:
      named === undefined
        ? `${echo(origin)} in the Origin header is not an origin; send one such as https://lab.example, or none from a program.`
        : `A page ${page} may not connect; if it is yours, start telltale with --allow-origin ${named}.`,
  };
}

/** Whether --allow-origin lists this origin. */
export function isAllowedOrigin(origin: string, { allowedOrigins }: AccessPolicy): boolean {
  const named = readOrigin(origin);
  return named !== undefined && allowedOrigins.includes(named);
}

function judgeToken(facts: RequestFacts, { tokens }: AccessPolicy): Refusal | undefined {
  const { scope, token } = facts;
  if (facts.hasTokenInUrl) {
    return {
      code: "token_in_url",
      message:
        "The URL contains a token, and histories and logs keep URLs; make a new token and send it as a header.",
    };
  }
  if (tokens === undefined || scope === undefined) return undefined;
  if (token === undefined) {
    return {
      code: "unauthorized",
      message: `This needs a token with the scope ${scope}; send it as Authorization: Bearer, or as the WebSocket subprotocol bearer.<token>.`,
    };
  }
  const scopes = tokens.scopesOf(token);
  if (scopes === undefined) {
    return {
      code: "unauthorized",
      message: "Unknown token; ask the person who runs telltale for a new one.",
    };
  }
  if (scopes.has(scope)) return undefined;
  return { code: "wrong_scope", message: `This token lacks the scope ${scope}; use one that has it.` };
}

function echo(text: string): string {
  return text.length > longestEcho ? `${text.slice(0, longestEcho)}…` : text;
}
