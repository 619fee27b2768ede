import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { serveSettings } from "../../src/cli/config/serve-settings.js";
import { parseTokens } from "../../src/access/token-file.js";
import { refusalStatus } from "../../src/access/refusal.js";

const read = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url)), "utf8");

/** The refusals that the tables of a page name, with their status. */
const refusalsOf = (page: string): Record<string, number> =>
  Object.fromEntries<number>(
    [...page.matchAll(/^\| (\d{3}) +\| `(\w+)` +\|/gm)].map(
      ([, status, code]) => [code ?? "", Number(status)] as const,
    ),
  );

describe("SECURITY.md", () => {
  const page = read("SECURITY.md");

  it("names every refusal with its status, and no others", () => {
    expect(refusalsOf(page)).to.deep.equal(refusalStatus);
  });

  it("names only existing flags, and every limit", () => {
    const flags: string[] = Object.values(serveSettings).map(({ flag }) => flag);
    const named = [...page.matchAll(/`?(--(?:max|allow|tls|handshake|token|insecure|host)[a-z-]*)/g)].map(
      ([, flag]) => flag,
    );
    expect(flags).to.include.members(named);
    expect(named).to.include.members(flags.filter((flag) => /^--(max|handshake)/.test(flag)));
  });

  it("shows a valid token file", () => {
    const [, shown = ""] = /```\n(# tokens of[^]*?)```/.exec(page) ?? [];
    expect(parseTokens(shown, "x").map(({ scopes }) => [...scopes])).to.deep.equal([
      ["write"],
      ["read"],
      ["read", "write"],
    ]);
  });
});

describe("PROTOCOL.md", () => {
  it("names every refusal with its status", () => {
    expect(refusalsOf(read("PROTOCOL.md"))).to.include(refusalStatus);
  });
});
