import { expect } from "chai";
import fc from "fast-check";
import { hostNameOf } from "../../src/access/host-name.js";
import { type AccessPolicy, type RequestFacts, judge } from "../../src/access/judge.js";
import { isSameOrigin } from "../../src/access/origin.js";
import { type Scope, Tokens } from "../../src/access/tokens.js";
import { readServeConfig } from "../../src/cli/config/serve-config.js";

const facts: RequestFacts = {
  scope: "write",
  host: "127.0.0.1:8765",
  origin: undefined,
  isCrossOrigin: false,
  token: undefined,
  hasTokenInUrl: false,
  isSecure: false,
};
const policy: AccessPolicy = {
  tokens: undefined,
  allowedOrigins: [],
  knownHosts: "loopback",
  allowedHosts: [],
};
const reader = "r".repeat(40);
const writer = "w".repeat(40);
const tokens = new Tokens([
  { secret: reader, scopes: new Set<Scope>(["read"]) },
  { secret: writer, scopes: new Set<Scope>(["write"]) },
]);

const codeOf = (given: Partial<RequestFacts>, rules: Partial<AccessPolicy> = {}) =>
  judge({ ...facts, ...given }, { ...policy, ...rules })?.code;

/** The flag that a refusal advises, and how the same request is judged with it; undefined if it advises none. */
function adviceOf(given: Partial<RequestFacts>, rules: Partial<AccessPolicy>) {
  const refusal = judge({ ...facts, ...given }, { ...policy, ...rules });
  const [, flag, value] =
    /start telltale with (--allow-(?:origin|host)) (\S+)\.$/.exec(refusal?.message ?? "") ?? [];
  if (flag === undefined || value === undefined) return undefined;
  const { allowedOrigins, allowedHosts } = readServeConfig(
    { [flag === "--allow-origin" ? "allowOrigin" : "allowHost"]: value },
    [],
    {},
  );
  return { flag: `${flag} ${value}`, code: codeOf(given, { ...rules, allowedOrigins, allowedHosts }) };
}

describe("judge, of a Host,", () => {
  for (const [host, rules, isLetIn] of [
    ["127.0.0.1:8765", {}, true],
    ["127.0.0.1", {}, true],
    ["localhost:8765", {}, true],
    ["LOCALHOST:1", {}, true],
    ["localhost.", {}, true],
    ["[::1]:8765", {}, true],
    ["127.0.0.9:8765", {}, true],
    ["evil.example:8765", {}, false],
    ["localhost.evil.example", {}, false],
    ["127.0.0.1.evil.example", {}, false],
    ["192.168.1.20:8765", {}, false],
    ["[2001:db8::1]:8765", {}, false],
    ["evil@localhost", {}, false],
    ["localhost:8765:1", {}, false],
    ["localhost/", {}, false],
    ["", {}, false],
    [undefined, {}, false],
    ["lab.example", { allowedHosts: ["lab.example"] }, true],
    ["Lab.Example:443", { allowedHosts: ["lab.example"] }, true],
    ["www.lab.example", { allowedHosts: ["lab.example"] }, false],
    ["192.168.1.20:8765", { knownHosts: "addresses" }, true],
    ["[2001:db8::1]", { knownHosts: "addresses" }, true],
    ["localhost", { knownHosts: "addresses" }, true],
    ["evil.example", { knownHosts: "addresses" }, false],
    ["evil.example", { knownHosts: "any" }, true],
    [undefined, { knownHosts: "any" }, true],
  ] as const) {
    it(`${isLetIn ? "lets in" : "refuses"} ${host} with ${JSON.stringify(rules)}`, () => {
      expect(codeOf({ host }, rules)).to.equal(isLetIn ? undefined : "host_not_allowed");
    });
  }

  it("refuses every name that is neither known nor allowed", () => {
    fc.assert(
      fc.property(fc.domain(), (name) => {
        expect(codeOf({ host: name })).to.equal("host_not_allowed");
        expect(codeOf({ host: name }, { allowedHosts: [name.toLowerCase()] })).to.equal(undefined);
      }),
    );
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (host, origin) => void codeOf({ host, origin })));
  });
});

describe("judge, of an Origin,", () => {
  for (const [origin, given, isLetIn] of [
    [undefined, {}, true],
    ["http://127.0.0.1:8765", {}, true],
    ["https://127.0.0.1:8765", {}, true],
    ["http://127.0.0.1:8765", { isSecure: true }, false],
    ["https://127.0.0.1:8765", { isSecure: true }, true],
    ["http://localhost", { host: "localhost:80" }, true],
    ["http://localhost:80", { host: "localhost" }, true],
    ["http://localhost/", { host: "localhost" }, true],
    ["HTTP://LocalHost:8765", { host: "localhost:8765" }, true],
    ["https://localhost:443/", { host: "localhost", isSecure: true }, true],
    ["http://localhost//", { host: "localhost" }, false],
    ["http://localhost/page", { host: "localhost" }, false],
    ["https://localhost", { host: "localhost" }, true],
    ["https://localhost", { host: "localhost:443" }, true],
    ["https://localhost", { host: "localhost:80" }, false],
    ["http://localhost:3000", { host: "localhost:8765" }, false],
    ["http://localhost:8765", {}, false],
    ["http://evil.example", {}, false],
    ["null", {}, false],
    ["", {}, false],
    ["file://", {}, false],
    ["http://127.0.0.1:8765.evil.example", {}, false],
    ["http://evil.example@127.0.0.1:8765", {}, false],
    ["chrome-extension://abcdef", {}, false],
    ["http://a http://b", {}, false],
  ] as const) {
    it(`${isLetIn ? "lets in" : "refuses"} ${origin} with ${JSON.stringify(given)}`, () => {
      expect(codeOf({ origin, ...given })).to.equal(isLetIn ? undefined : "origin_not_allowed");
    });
  }

  it("refuses a page of another origin that hides its origin, unless the route needs no token", () => {
    expect(codeOf({ isCrossOrigin: true })).to.equal("origin_not_allowed");
    expect(codeOf({ isCrossOrigin: true, scope: "read" })).to.equal("origin_not_allowed");
    expect(codeOf({ isCrossOrigin: true, scope: undefined })).to.equal(undefined);
  });

  it("admits a page of another origin if its origin is allowed", () => {
    const allowedOrigins = ["https://lab.example"];
    expect(codeOf({ isCrossOrigin: true, origin: "https://lab.example" }, { allowedOrigins })).to.equal(
      undefined,
    );
    expect(codeOf({ isCrossOrigin: true, origin: "https://evil.example" }, { allowedOrigins })).to.equal(
      "origin_not_allowed",
    );
  });

  it("admits allowed origins however they are spelt, and names the flag to others", () => {
    const allowedOrigins = ["null", "https://lab.example"];
    expect(codeOf({ origin: "null" }, { allowedOrigins })).to.equal(undefined);
    // As Chromium calls it for WebSockets.
    expect(codeOf({ origin: "file://" }, { allowedOrigins })).to.equal(undefined);
    for (const origin of ["https://lab.example", "https://lab.example/", "https://LAB.example:443"])
      expect(codeOf({ origin }, { allowedOrigins }), origin).to.equal(undefined);
    expect(codeOf({ origin: "https://lab.example:8443" }, { allowedOrigins })).to.equal("origin_not_allowed");
    expect(codeOf({ origin: "http://lab.example" }, { allowedOrigins })).to.equal("origin_not_allowed");
    expect(judge({ ...facts, origin: "null" }, policy)?.message).to.include("--allow-origin null");
    expect(judge({ ...facts, origin: "http://a.example" }, policy)?.message).to.include(
      "--allow-origin http://a.example",
    );
  });

  it("lets those in who follow the advice of the refusal", () => {
    for (const [given, rules] of [
      // As the example of Go's golang.org/x/net/websocket, and websocket-client 1.2 over TLS, send it.
      [{ origin: "http://localhost/", host: "localhost:8765" }, {}],
      [
        { origin: "http://lab.example:8765", host: "lab.example:8765", isSecure: true },
        { knownHosts: "any" },
      ],
      [{ origin: "http://127.0.0.1:80" }, {}],
      [{ origin: "null" }, {}],
      [{ origin: "file://" }, {}],
      [{ origin: "APP://." }, {}],
      [{ origin: "https://\u00fcber.example" }, {}],
      [{ host: "[2001:db8::1]:8765" }, {}],
      [{ host: "192.168.1.20:8765" }, {}],
      [{ host: "LAB.example.:1" }, {}],
      [{ host: "lab.example.." }, {}],
    ] as const) {
      const advice = adviceOf(given, rules);
      expect(advice, JSON.stringify(given)).to.have.property("code", undefined);
    }
  });

  it("advises a flag that telltale takes, or none", () => {
    const odd = fc.oneof(
      fc.string(),
      fc.webUrl(),
      fc.domain(),
      fc.ipV6().map((address) => `[${address}]`),
    );
    fc.assert(
      fc.property(odd, fc.constantFrom("http://", "https://", "app://", ""), (text, scheme) => {
        for (const given of [{ origin: scheme + text }, { host: text }]) {
          const advice = adviceOf(given, {});
          if (advice !== undefined) expect(advice.code, advice.flag).to.equal(undefined);
        }
      }),
    );
  });

  it("never takes two different names for the same origin", () => {
    fc.assert(
      fc.property(fc.domain(), fc.domain(), (one, other) => {
        const [page, asked] = [one.toLowerCase(), other.toLowerCase()];
        expect(isSameOrigin(`http://${page}`, asked, false)).to.equal(page === asked);
      }),
    );
  });

  it("refuses a Host that a browser would read differently", () => {
    fc.assert(
      fc.property(fc.string(), (host) => {
        const name = hostNameOf(host);
        if (name !== undefined) expect(name).not.to.match(/[\s/?#@\\]/);
      }),
    );
  });
});

describe("judge, of a token,", () => {
  for (const [token, scope, code] of [
    [undefined, "write", "unauthorized"],
    [undefined, "read", "unauthorized"],
    [undefined, undefined, undefined],
    ["wrong", "write", "unauthorized"],
    ["", "write", "unauthorized"],
    ["wrong", undefined, undefined],
    [writer, "write", undefined],
    [writer, "read", "wrong_scope"],
    [reader, "read", undefined],
    [reader, "write", "wrong_scope"],
    [`${writer} `, "write", "unauthorized"],
    [writer.slice(1), "write", "unauthorized"],
  ] as const) {
    it(`answers ${code} to ${token} for ${scope}`, () => {
      expect(codeOf({ token, scope }, { tokens })).to.equal(code);
    });
  }

  it("needs no token if there are none", () => {
    expect(codeOf({})).to.equal(undefined);
    expect(codeOf({ token: "whatever" })).to.equal(undefined);
  });

  it("refuses a token in a URL, also a right one, and when none is needed", () => {
    expect(codeOf({ hasTokenInUrl: true, token: writer }, { tokens })).to.equal("token_in_url");
    expect(codeOf({ hasTokenInUrl: true })).to.equal("token_in_url");
  });

  it("comes after Host and Origin, so that a page learns nothing about tokens", () => {
    expect(codeOf({ host: "evil.example" }, { tokens })).to.equal("host_not_allowed");
    expect(codeOf({ origin: "http://evil.example" }, { tokens })).to.equal("origin_not_allowed");
  });

  it("does not repeat the token that was sent", () => {
    for (const token of ["secret-".repeat(6), reader]) {
      expect(judge({ ...facts, token }, { ...policy, tokens })?.message).not.to.include(token);
    }
  });

  it("refuses every other token", () => {
    fc.assert(
      fc.property(fc.string(), (token) => {
        fc.pre(token !== reader && token !== writer);
        expect(codeOf({ token }, { tokens })).to.equal("unauthorized");
      }),
    );
  });
});
