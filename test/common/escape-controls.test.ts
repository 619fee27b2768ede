import { expect } from "chai";
import { escapeControls, escapeForTerminal, escapeLines } from "../../src/common/index.js";

describe("escapeControls", () => {
  it("keeps a text on one line and leaves other characters alone", () => {
    expect(escapeControls("a\tb\r\nc\u0000\u2028\u2029é \u202e")).to.equal(
      "a\\tb\\r\\nc\\u0000\\u2028\\u2029é \u202e",
    );
  });
});

describe("escapeForTerminal", () => {
  it("leaves nothing that a terminal would obey, and no second line", () => {
    expect(escapeForTerminal("There is no `\u001b[2J\r\nrefused: \u0007\u009b31m`, é 試")).to.equal(
      "There is no `\\u001b[2J\\r\\nrefused: \\u0007\\u009b31m`, é 試",
    );
  });

  it("escapes characters that change the direction of text", () => {
    expect(escapeForTerminal("\u202eabc\u2066")).to.equal("\\u202eabc\\u2066");
    expect(escapeForTerminal("\u200eabc\u061c")).to.equal("\\u200eabc\\u061c");
  });
});

describe("escapeLines", () => {
  it("keeps newlines, and escapes what else a terminal would obey", () => {
    expect(escapeLines("a\u001b\nb\u202e\u2028\n")).to.equal("a\\u001b\nb\\u202e\\u2028\n");
  });
});
