import { expect } from "chai";
import { ConfigError } from "../../../src/cli/config/config-error.js";
import { type ExportFlags, readExportConfig } from "../../../src/cli/config/export-config.js";

describe("readExportConfig", () => {
  it("takes the format from the file extension in any case", () => {
    for (const [to, format] of [
      ["a.csv", "csv"],
      ["a.b/A.TSV", "tsv"],
      ["a.ndjson", "ndjson"],
      ["a.csv.jsonl", "ndjson"],
    ] as const) {
      const config = readExportConfig(["1"], { to });
      expect(config).to.include({ to, format, isForced: false });
      expect(config.options).to.deep.equal({
        isRaw: false,
        isForExcel: false,
        hasDecimalComma: false,
        withMetadata: false,
      });
    }
  });

  it("takes the options of a table", () => {
    const columns = ["trial,x", "y"];
    const flags = { to: "a.csv", raw: true, excel: true, decimalComma: true, withMetadata: true, columns };
    expect(readExportConfig(["1"], flags).options).to.deep.equal({
      isRaw: true,
      isForExcel: true,
      hasDecimalComma: true,
      withMetadata: true,
      columns,
    });
  });

  it("prefers the given format to the file extension", () => {
    expect(readExportConfig(["1"], { to: "a.csv", format: "messages" }).format).to.equal("messages");
    expect(readExportConfig([], { all: true, to: "a", format: "bids" }).format).to.equal("bids");
  });

  it("takes sessions by name, all, or by flags that select some", () => {
    const sessionsOf = (names: readonly string[], flags: ExportFlags) =>
      readExportConfig(names, { ...flags, to: "a.csv" }).sessions;
    expect(sessionsOf(["1", "last"], {})).to.deep.equal({ names: ["1", "last"] });
    expect(sessionsOf([], { all: true })).to.deep.equal({ filter: {} });
    expect(
      sessionsOf([], { participant: "P1", experiment: "e", from: "2026-01-01", until: "2026-02-01" }),
    ).to.deep.equal({
      filter: { participant: "P1", experiment: "e", from: "2026-01-01", to: "2026-02-01" },
    });
  });

  const refusals: [string, readonly string[], ExportFlags, string[]][] = [
    [
      "no session and no path",
      [],
      {},
      ["Name a session to export, give --all, or select sessions with --participant,", "with --to"],
    ],
    ["sessions and all of them", ["1"], { all: true, to: "a.csv" }, ["do one of these"]],
    ["sessions and a flag that selects some", ["1"], { until: "2026", to: "a.csv" }, ["do one of these"]],
    ["all sessions and some", [], { all: true, participant: "P1", to: "a.csv" }, ["do one of these"]],
    ["an empty participant", [], { participant: "", to: "a.csv" }, ["--participant must not be empty"]],
    ["an empty name", [""], { to: "a.csv" }, ["must not be empty"]],
    ["an empty path", ["1"], { to: "" }, ["with --to"]],
    ["no format", ["1"], { to: "a" }, ["--format", "csv, tsv, ndjson, messages, bids"]],
    ["a format that is none", ["1"], { to: "a.csv", format: "xlsx" }, ['"xlsx"', "csv, tsv"]],
    ["a format that every object has", ["1"], { to: "a.constructor" }, ["--format"]],
    ["raw JSON lines", ["1"], { to: "a.ndjson", raw: true }, ["--raw is for csv and tsv"]],
    [
      "columns of messages",
      ["1"],
      { to: "a", format: "messages", columns: ["seq"] },
      ["--columns is for csv"],
    ],
    ["tsv for Excel", ["1"], { to: "a.tsv", excel: true }, ["--excel is for csv, not for tsv"]],
    [
      "BIDS with metadata",
      ["1"],
      { to: "a", format: "bids", withMetadata: true },
      ["--with-metadata is for"],
    ],
    ["commas in JSON", ["1"], { to: "a.jsonl", decimalComma: true }, ["--decimal-comma is for csv and tsv"]],
  ];
  for (const [what, sessions, flags, words] of refusals) {
    it(`refuses ${what}`, () => {
      expect(() => readExportConfig(sessions, flags))
        .to.throw(ConfigError)
        .with.property("message")
        .that.satisfies((message: string) => words.every((word) => message.includes(word)));
    });
  }
});
