import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { ConfigError } from "../../../src/cli/config/config-error.js";
import { readServeConfig } from "../../../src/cli/config/serve-config.js";
import { serveSettings } from "../../../src/cli/config/serve-settings.js";
import type { Setting } from "../../../src/cli/config/setting.js";

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
  const defaults = {
    db: "./databases/default.db",
    host: "127.0.0.1",
    port: 8765,
    tokenFile: undefined,
    isInsecure: false,
    tlsCert: undefined,
    tlsKey: undefined,
    allowedOrigins: [],
    allowedHosts: [],
    maximumMessageBytes: 16 * 1024 * 1024,
    maximumMessagesInFlight: 4096,
    maximumBytesInFlight: 8 * 1024 * 1024,
    maximumConnections: 1000,
    maximumConnectionsOfAddress: 500,
    handshakeTimeoutMs: 10_000,
    maximumRejectedPerMinute: 6000,
    maximumFailedTokensPerMinute: 60,
    isWalDamageAccepted: false,
    logLevel: "info",
  };

  /** Another value of each setting, as it is written, and what it is read as. */
  const others: Required<Flags> = {
    db: "a.db",
    host: "::1",
    port: "0",
    tokenFile: "tokens.txt",
    insecure: "false",
    tlsCert: "cert.pem",
    tlsKey: "key.pem",
    allowOrigin: "null,HTTPS://Lab.example:443,http://[::1]:3000,chrome-extension://abc",
    allowHost: "Lab.example,booth-2",
    maxMessageBytes: "1024",
    maxMessagesInFlight: "1",
    maxBytesInFlight: "1024",
    maxConnections: "1",
    maxConnectionsPerAddress: "1000000",
    handshakeTimeoutMs: "100",
    maxRejectedPerMinute: "1",
    maxFailedTokensPerMinute: "1000000000",
    acceptDamagedWal: "true",
    logLevel: "debug",
  };
  const otherConfig = {
    db: "a.db",
    host: "::1",
    port: 0,
    tokenFile: "tokens.txt",
    isInsecure: false,
    tlsCert: "cert.pem",
    tlsKey: "key.pem",
    allowedOrigins: ["null", "https://lab.example", "http://[::1]:3000", "chrome-extension://abc"],
    allowedHosts: ["lab.example", "booth-2"],
    maximumMessageBytes: 1024,
    maximumMessagesInFlight: 1,
    maximumBytesInFlight: 1024,
    maximumConnections: 1,
    maximumConnectionsOfAddress: 1_000_000,
    handshakeTimeoutMs: 100,
    maximumRejectedPerMinute: 1,
    maximumFailedTokensPerMinute: 1_000_000_000,
    isWalDamageAccepted: true,
    logLevel: "debug",
  };

  it("has the defaults of the design", () => {
    expect(read()).to.deep.equal(defaults);
  });

  it("reads every flag", () => {
    expect(read(others)).to.deep.equal(otherConfig);
  });

  it("reads every environment variable", () => {
    const environment = Object.entries(serveSettings).map(([name, { variable }]) => [
      variable,
      others[name as keyof typeof others],
    ]);
    expect(read({}, Object.fromEntries(environment) as Environment)).to.deep.equal(otherConfig);
    expect(read({}, { TELLTALE_INSECURE: "true" })).to.include({ isInsecure: true });
  });

  for (const origin of [
    "*",
    "lab.example",
    "https://lab.example/",
    "https://lab.example/page",
    "https://",
    "https://a b",
    "https://*.lab.example",
    "https://lab.example?x",
    "https://lab.example:99999",
    "wss://lab.example",
    "null,",
    "",
  ]) {
    it(`refuses ${JSON.stringify(origin)} as an origin`, () => {
      const [problem, ...more] = problemsOf({ allowOrigin: origin });
      expect(problem).to.include("--allow-origin must be null, or");
      expect(more).to.deep.equal([]);
    });
  }

  for (const [name, values] of Object.entries({
    allowHost: ["", "https://lab.example", "lab.example:443", "lab example", "a,,b"],
    insecure: ["", "1", "yes", "TRUE"],
    tokenFile: [""],
    tlsCert: [""],
    tlsKey: [""],
    maxMessagesInFlight: ["0", "-1", "x", "1000001"],
    maxBytesInFlight: ["0", "1023", "8M"],
    maxConnections: ["0", "1e3", ""],
    maxConnectionsPerAddress: ["0", "x"],
    handshakeTimeoutMs: ["99", "600001", "10s"],
    maxRejectedPerMinute: ["0", "-5"],
    maxFailedTokensPerMinute: ["0", "1.5"],
  } satisfies Partial<Record<keyof typeof serveSettings, string[]>>)) {
    for (const value of values) {
      it(`refuses ${JSON.stringify(value)} as ${name}, by flag and by variable`, () => {
        const { flag, variable } = serveSettings[name as keyof typeof serveSettings];
        expect(problemsOf({ [name]: value })[0]).to.match(new RegExp(`^${flag} must be .*\\.$`));
        expect(problemsOf({}, { [variable]: value })[0]).to.match(new RegExp(`^${variable} must be `));
      });
    }
  }

  it("needs both TLS files, and refuses tokens with --insecure", () => {
    expect(problemsOf({ tlsCert: "a" })[0]).to.include("--tls-key");
    expect(problemsOf({}, { TELLTALE_TLS_KEY: "a" })[0]).to.include("--tls-cert");
    expect(problemsOf({ tokenFile: "a", insecure: "true" })[0]).to.include("--insecure");
    expect(problemsOf({ tokenFile: "a", insecure: "false" })).to.deep.equal([]);
  });

  it("prefers a flag to its environment variable", () => {
    expect(read({ port: "1" }, { TELLTALE_PORT: "2", TELLTALE_HOST: "::1" })).to.include({
      port: 1,
      host: "::1",
    });
  });

  it("ignores a variable whose flag is given", () => {
    expect(read({ port: "1" }, { TELLTALE_PORT: "none" }).port).to.equal(1);
  });

  it("ignores the variables of other programs", () => {
    expect(problemsOf({}, { PORT: "x", TELLTALES: "x", telltale_db: "" })).to.deep.equal([]);
  });

  it("reports an unknown variable of telltale", () => {
    const [problem, ...others] = problemsOf({}, { TELLTALE_PROT: "8765" });
    expect(problem).to.include("TELLTALE_PROT");
    expect(others).to.deep.equal([]);
  });

  it("reports an unknown flag", () => {
    const [problem, ...others] = problemsOf({}, {}, ["--prot"]);
    expect(problem).to.include("no flag --prot");
    expect(others).to.deep.equal([]);
  });

  it("reports a word that is not a flag", () => {
    const [problem, ...others] = problemsOf({}, {}, ["8765"]);
    expect(problem).to.include("`8765` is not expected");
    expect(others).to.deep.equal([]);
  });

  it("does not repeat an unexpected address", () => {
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
      expect(byFlag)
        .to.include("--port must be a whole number")
        .and.include(port === "" ? "not empty" : `\`${port}\``);
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

  it("reports all problems at once, one sentence each", () => {
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

  it("names the variable of each flag after the flag", () => {
    for (const { flag, variable } of Object.values(serveSettings)) {
      expect(variable).to.equal(`TELLTALE_${flag.slice(2).toUpperCase().replaceAll("-", "_")}`);
    }
  });

  it("lists each flag in CONFIGURATION.md with its variable and its default", () => {
    const page = readFileSync(
      fileURLToPath(new URL("../../../../docs/CONFIGURATION.md", import.meta.url)),
      "utf8",
    );
    const rows = [...page.matchAll(/^\| `(--[^`]+)` +\| `(TELLTALE_\w+)` +\| (.*?) +\|/gm)];
    const shown = rows.map(([, flag, variable, preset]) => [flag, variable, preset]);
    const settings: Setting[] = Object.values(serveSettings);
    expect(shown).to.deep.equal(
      settings.map(({ flag, argument, variable, default: preset }) => [
        argument === undefined ? flag : `${flag} ${argument}`,
        variable,
        preset === undefined ? "none" : `\`${preset}\``,
      ]),
    );
  });
});
