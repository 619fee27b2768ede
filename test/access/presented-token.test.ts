import { expect } from "chai";
import { chooseProtocol, hasTokenInUrl, presentedToken } from "../../src/access/presented-token.js";

describe("presentedToken", () => {
  for (const [headers, token] of [
    [{}, undefined],
    [{ authorization: "Bearer abc" }, "abc"],
    [{ authorization: "bearer   abc " }, "abc"],
    [{ authorization: "Bearer" }, undefined],
    [{ authorization: "Bearer a b" }, undefined],
    [{ authorization: "Basic YTpi" }, undefined],
    [{ "sec-websocket-protocol": "telltale.v1, bearer.abc" }, "abc"],
    [{ "sec-websocket-protocol": "bearer.abc,telltale.v1" }, "abc"],
    [{ "sec-websocket-protocol": "bearer.a, bearer.b" }, "a"],
    [{ "sec-websocket-protocol": "telltale.v1" }, undefined],
    [{ "sec-websocket-protocol": "bearer." }, ""],
    [{ authorization: "Bearer abc", "sec-websocket-protocol": "bearer.def" }, "abc"],
  ] as const) {
    it(`finds ${token} in ${JSON.stringify(headers)}`, () => {
      expect(presentedToken(headers)).to.equal(token);
    });
  }
});

describe("chooseProtocol", () => {
  it("chooses telltale's, and never one with a token", () => {
    expect(chooseProtocol(new Set(["bearer.abc", "telltale.v1"]))).to.equal("telltale.v1");
    expect(chooseProtocol(new Set(["bearer.abc"]))).to.equal(false);
    expect(chooseProtocol(new Set(["mqtt"]))).to.equal(false);
  });
});

describe("hasTokenInUrl", () => {
  for (const [url, hasToken] of [
    ["/", false],
    ["/replay?session=last", false],
    ["/?token=abc", true],
    ["/replay?session=last&access_token=abc", true],
    ["/?TOKEN", true],
    ["/?%74oken=abc", true],
    ["/api/sessions?name=token", false],
    ["/?", false],
    ["/token", false],
  ] as const) {
    it(`says ${hasToken} of ${url}`, () => {
      expect(hasTokenInUrl(url)).to.equal(hasToken);
    });
  }
});
