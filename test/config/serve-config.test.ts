import { expect } from "chai";
import { ConfigError, readServeConfig, serveSettings } from "../../src/config/serve-config.js";

type Flags = Parameters<typeof readServeConfig>[0];
type Environment = Record<string, string>;

const read = (flags: Flags = {}, environment: Environment = {}, stray: string[] = []) =>
  readServeConfig(flags, stray, environment);

/** The problems of a configuration. */
function problemsOf(flags: Flags, environment: Environment = {}, stray: string[] = []): readonly string[] {
  try {
    read(flags, environment, stray);
  } catch (error) {
    expect(error).to.be.instanceOf(ConfigError);
    return (error as ConfigError).problems;
  }
  return [];
}

describe("readServeConfig", () => {
  it("has the defaults of the design", () => {
    expect(read()).to.deep.equal({
      db: "./databases/default.db",
      host: "127.0.0.1",
      port: 8765,
      maximumMessageBytes: 16 * 1024 * 1024,
      logLevel: "info",
    });
  });

  it("reads every flag", () => {
    expect(
      read({ db: "a.db", host: "::1", port: "0", maxMessageBytes: "1024", logLevel: "debug" }),
    ).to.deep.equal({ db: "a.db", host: "::1", port: 0, maximumMessageBytes: 1024, logLevel: "debug" });
  });

  it("reads every environment variable", () => {
    expect(
      read(
        {},
        {
          TELLTALE_DB: "a.db",
          TELLTALE_HOST: "0.0.0.0",
          TELLTALE_PORT: "65535",
          TELLTALE_MAX_MESSAGE_BYTES: "1073741824",
          TELLTALE_LOG_LEVEL: "silent",
        },
      ),
    ).to.deep.equal({
      db: "a.db",
      host: "0.0.0.0",
      port: 65_535,
      maximumMessageBytes: 1_073_741_824,
      logLevel: "silent",
    });
  });

  it("lets a flag count before its environment variable", () => {
    expect(read({ port: "1" }, { TELLTALE_PORT: "2", TELLTALE_HOST: "::1" })).to.include({
      port: 1,
      host: "::1",
    });
  });

  it("does not look at a variable whose flag is given", () => {
    expect(read({ port: "1" }, { TELLTALE_PORT: "none" }).port).to.equal(1);
  });

  it("leaves other programs' variables alone", () => {
    expect(problemsOf({}, { PORT: "x", TELLTALES: "x", telltale_db: "" })).to.deep.equal([]);
  });

  it("names a variable of telltale that does not exist", () => {
    const [problem, ...others] = problemsOf({}, { TELLTALE_PROT: "8765" });
    expect(problem).to.include("TELLTALE_PROT");
    expect(others).to.deep.equal([]);
  });

  it("names a flag that does not exist", () => {
    const [problem, ...others] = problemsOf({}, {}, ["--prot"]);
    expect(problem).to.include("no flag --prot");
    expect(others).to.deep.equal([]);
  });

  it("names a word that is no flag", () => {
    const [problem, ...others] = problemsOf({}, {}, ["8765"]);
    expect(problem).to.include("`8765` is not expected");
    expect(others).to.deep.equal([]);
  });

  it("repeats nothing of an address that stands where none is expected", () => {
    const [problem] = problemsOf({}, {}, ["postgres://user:secret@localhost/lab"]);
    expect(problem).to.include("--db").and.not.to.include("secret");
  });

  for (const port of [
    "",
    " ",
    "-1",
    "65536",
    "80.5",
    "1e3",
    "0x50",
    "８７６５",
    "8765 ",
    "http",
    "Infinity",
  ]) {
    it(`refuses ${JSON.stringify(port)} as a port, by flag and by variable`, () => {
      const [byFlag, ...others] = problemsOf({ port });
      expect(byFlag).to.include("--port must be a whole number").and.include(`\`${port}\``);
      expect(others).to.deep.equal([]);
      expect(problemsOf({}, { TELLTALE_PORT: port })[0]).to.match(/^TELLTALE_PORT must be a whole number/);
    });
  }

  for (const size of ["1023", "1073741825", "16M", "-1", ""]) {
    it(`refuses ${JSON.stringify(size)} as the size limit`, () => {
      expect(problemsOf({ maxMessageBytes: size })[0]).to.include("--max-message-bytes");
    });
  }

  for (const level of ["", "INFO", "verbose", "constructor"]) {
    it(`refuses ${JSON.stringify(level)} as a log level`, () => {
      expect(problemsOf({ logLevel: level })[0]).to.include("--log-level must be one of fatal, error, warn");
    });
  }

  it("refuses an empty database and an empty host", () => {
    expect(problemsOf({ db: "" })[0]).to.include("--db");
    expect(problemsOf({}, { TELLTALE_HOST: "" })[0]).to.include("TELLTALE_HOST");
  });

  it("names all problems at once, a sentence each", () => {
    const problems = problemsOf(
      { port: "x", logLevel: "loud" },
      { TELLTALE_DB: "", TELLTALE_OTHER: "1", TELLTALE_MAX_MESSAGE_BYTES: "1" },
      ["--verbose", "now"],
    );
    for (const name of [
      "--port",
      "--log-level",
      "TELLTALE_DB",
      "TELLTALE_OTHER",
      "TELLTALE_MAX_MESSAGE_BYTES",
      "--verbose",
      "`now`",
    ]) {
      expect(
        problems.filter((problem) => problem.includes(name)),
        name,
      ).to.have.length(1);
    }
    expect(problems).to.have.length(7);
    for (const problem of problems) expect(problem).to.match(/\.$/);
    expect(new ConfigError(problems).message).to.equal(problems.join("\n"));
  });

  it("has a variable for each flag, by its name", () => {
    for (const { flag, variable } of Object.values(serveSettings)) {
      expect(variable).to.equal(`TELLTALE_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`);
    }
  });
});
