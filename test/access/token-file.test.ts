import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { AccessError } from "../../src/access/access-error.js";
import { isOpenToOthers, makeTokenLine, parseTokens, readTokenFile } from "../../src/access/token-file.js";
import { Tokens } from "../../src/access/tokens.js";
import { rejection } from "../support/checks/rejection.js";
import { temporaryFolder } from "../../harness/temporary-folder.js";

const secret = "Q3v_8kT-0b.7Xy~2m+9LrWcZ5aHdJfPs1";

/** What is said about a text that is refused. */
function faultOf(text: string): string {
  try {
    parseTokens(text, "tokens.txt");
  } catch (error) {
    expect(error).to.be.instanceOf(AccessError).with.property("code", "bad_token_file");
    return (error as AccessError).message;
  }
  return "";
}

describe("parseTokens", () => {
  it("reads a token with its scopes from each line, and skips comments and empty lines", () => {
    const text = `\uFEFF# the lab\r\n\r\nwrite ${secret}1   # the booth\r\n\tread,write\t${secret}2\r\nread ${secret}3`;
    expect(parseTokens(text, "x")).to.deep.equal([
      { secret: `${secret}1`, scopes: new Set(["write"]) },
      { secret: `${secret}2`, scopes: new Set(["read", "write"]) },
      { secret: `${secret}3`, scopes: new Set(["read"]) },
    ]);
  });

  for (const [what, text, words] of [
    ["an empty file", "", "contains no token"],
    ["comments only", "# write\n\n", "contains no token"],
    ["a token without a scope", secret, "Line 1"],
    ["a scope without a token", "write", "Line 1"],
    ["an unknown scope", `\nadmin ${secret}`, "Line 2"],
    ["a scope and an unknown one", `write,all ${secret}`, "Line 1"],
    ["no scope before a comma", `,write ${secret}`, "Line 1"],
    ["more words", `write ${secret} booth`, "Line 1"],
    ["a short token", "write abcdefghijklmnopqrstuvwxyz01234", "shorter than 32"],
    ["a long token", `write ${secret.repeat(9)}`, "longer than 256"],
    ["a repeated word", `write ${"secret".repeat(6)}`, "easy to guess"],
    ["characters that a subprotocol cannot have", `write ${secret}=`, "characters"],
    ["a slash", `write ${secret}/`, "characters"],
    ["umlauts", `write ${secret}ä`, "characters"],
    ["a token twice", `write ${secret}\nread ${secret}`, "Line 2"],
    ["UTF-16", Buffer.from(`write ${secret}`, "utf16le").toString("latin1"), "UTF-8"],
  ] as const) {
    it(`refuses ${what} in a sentence that repeats no token`, () => {
      const sentence = faultOf(text);
      expect(sentence).to.include(words).and.to.match(/\.$/).and.not.include(secret);
    });
  }

  it("reads every line that telltale token makes, each of them different", () => {
    const lines = Array.from({ length: 200 }, () => makeTokenLine("write"));
    expect(new Set(lines)).to.have.length(200);
    expect(parseTokens(lines.join("\n"), "x")).to.have.length(200);
  });

  it("never repeats the contents of a line", () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[A-Za-z0-9!-]{12,40}$/),
        fc.stringMatching(/^[A-Za-z0-9%=/]{12,40}$/),
        (one, two) => {
          const sentence = faultOf(`${one} ${two}`);
          expect(sentence).not.to.include(one).and.not.to.include(two);
          expect(sentence).not.to.equal("");
        },
      ),
    );
  });
});

describe("readTokenFile", () => {
  it("says what is wrong with a file that cannot be read", async () => {
    const folder = await temporaryFolder();
    for (const [path, words] of [
      [join(folder, "none"), "does not exist"],
      [folder, "is a folder"],
    ] as const) {
      const error = await rejection(readTokenFile(path));
      expect(error).to.be.instanceOf(AccessError);
      expect((error as Error).message)
        .to.include(words)
        .and.include("--token-file");
    }
  });

  it("finds out whether others can read or change the file", async function () {
    if (process.platform === "win32") this.skip();
    const path = join(await temporaryFolder(), "tokens.txt");
    await writeFile(path, `write ${secret}\n`);
    for (const [mode, isOpen] of [
      [0o600, false],
      [0o640, false],
      [0o400, false],
      [0o644, true],
      [0o602, true],
    ] as const) {
      await chmod(path, mode);
      expect(await readTokenFile(path), mode.toString(8)).to.include({ isOpenToOthers: isOpen });
    }
  });

  it("ignores modes on Windows", () => {
    expect(isOpenToOthers(0o666, "win32")).to.equal(false);
  });
});

describe("Tokens", () => {
  it("know their own secrets, and no others", () => {
    const tokens = new Tokens(parseTokens(`read ${secret}1\nread,write ${secret}2\n`, "x"));
    expect(tokens.scopesOf(`${secret}1`)).to.deep.equal(new Set(["read"]));
    expect(tokens.scopesOf(`${secret}2`)).to.deep.equal(new Set(["read", "write"]));
    for (const wrong of ["", secret, `${secret}3`, `${secret}1 `, `${secret}1\0`, "x".repeat(1e6)]) {
      expect(tokens.scopesOf(wrong)).to.equal(undefined);
    }
  });
});
