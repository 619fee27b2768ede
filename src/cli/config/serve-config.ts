/** A flag of `telltale serve`, its environment variable, and its default; docs/CONFIGURATION.md lists them. */
export interface Setting<Value = unknown> {
  readonly flag: string;
  /** What stands behind the flag; absent where the flag stands alone, and its variable is `true` or `false`. */
  readonly argument?: string;
  readonly variable: string;
  /** As it would be written on the command line; absent where there is none. */
  readonly default?: string;
  readonly description: string;
  /** Whether the flag may be repeated; in the variable commas stand between the values. */
  readonly isList?: boolean;
  /** What a value must be, as the rest of a sentence. */
  readonly rule: string;
  /** The value that a text stands for; undefined where it breaks the rule. */
  read(text: string): Value | undefined;
}

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

export const serveSettings = {
  db: {
    flag: "--db",
    argument: "<database>",
    variable: "TELLTALE_DB",
    default: "./databases/default.db",
    description:
      "the database: a SQLite file, made with its folder when missing, or postgres://user:password@host:5432/database",
    rule: "the path of a file or the address of a PostgreSQL database",
    read: readText,
  },
  host: {
    flag: "--host",
    argument: "<address>",
    variable: "TELLTALE_HOST",
    default: "127.0.0.1",
    description: "the address to listen on; one that other machines reach needs --token-file or --insecure",
    rule: "an address to listen on",
    read: readText,
  },
  port: {
    flag: "--port",
    argument: "<number>",
    variable: "TELLTALE_PORT",
    default: "8765",
    description: "the port to listen on; 0 takes any free one",
    ...wholeNumber(0, 65_535),
  },
  tokenFile: {
    flag: "--token-file",
    argument: "<file>",
    variable: "TELLTALE_TOKEN_FILE",
    description: "let in only who has a token of this file; telltale token makes a line of it",
    rule: "the path of a file",
    read: readText,
  },
  insecure: {
    flag: "--insecure",
    variable: "TELLTALE_INSECURE",
    default: "false",
    description: "let in everybody who can reach --host, without a token",
    rule: "true or false",
    read: (text: string) => (text === "true" || text === "false" ? text === "true" : undefined),
  },
  tlsCert: {
    flag: "--tls-cert",
    argument: "<file>",
    variable: "TELLTALE_TLS_CERT",
    description: "the certificate for wss:// and https://, in PEM form, with those that it was signed with",
    rule: "the path of a file",
    read: readText,
  },
  tlsKey: {
    flag: "--tls-key",
    argument: "<file>",
    variable: "TELLTALE_TLS_KEY",
    description: "the certificate's key, in PEM form",
    rule: "the path of a file",
    read: readText,
  },
  allowOrigin: {
    flag: "--allow-origin",
    argument: "<origin>",
    variable: "TELLTALE_ALLOW_ORIGIN",
    description: "let in pages of this origin, as https://lab.example; null for pages opened from a file",
    isList: true,
    rule: "null, or a scheme and a host as https://lab.example, without a path",
    read: readList(readOrigin),
  },
  allowHost: {
    flag: "--allow-host",
    argument: "<name>",
    variable: "TELLTALE_ALLOW_HOST",
    description: "another name that telltale is called by, as lab.example behind a proxy",
    isList: true,
    rule: "the name of a host, without a scheme or a port",
    read: readList((text) => (/^[a-z0-9._-]+$/i.test(text) ? text.toLowerCase() : undefined)),
  },
  maxMessageBytes: {
    flag: "--max-message-bytes",
    argument: "<number>",
    variable: "TELLTALE_MAX_MESSAGE_BYTES",
    default: "16777216",
    description: "how large a message may be; a larger one closes its connection",
    ...wholeNumber(1024, 1024 ** 3),
  },
  maxMessagesInFlight: {
    flag: "--max-messages-in-flight",
    argument: "<number>",
    variable: "TELLTALE_MAX_MESSAGES_IN_FLIGHT",
    default: "4096",
    description: "how many messages of a connection may wait for their reply before no more are read",
    ...wholeNumber(1, 1_000_000),
  },
  maxBytesInFlight: {
    flag: "--max-bytes-in-flight",
    argument: "<number>",
    variable: "TELLTALE_MAX_BYTES_IN_FLIGHT",
    default: "8388608",
    description: "how many bytes these may have",
    ...wholeNumber(1024, 1024 ** 3),
  },
  maxConnections: {
    flag: "--max-connections",
    argument: "<number>",
    variable: "TELLTALE_MAX_CONNECTIONS",
    default: "1000",
    description: "how many connections there may be; further ones are refused with 503",
    ...wholeNumber(1, 1_000_000),
  },
  maxConnectionsPerAddress: {
    flag: "--max-connections-per-address",
    argument: "<number>",
    variable: "TELLTALE_MAX_CONNECTIONS_PER_ADDRESS",
    default: "500",
    description: "how many of these may come from one address; further ones are refused with 429",
    ...wholeNumber(1, 1_000_000),
  },
  handshakeTimeoutMs: {
    flag: "--handshake-timeout-ms",
    argument: "<number>",
    variable: "TELLTALE_HANDSHAKE_TIMEOUT_MS",
    default: "10000",
    description: "how long a client may take to make TLS and to send the headers of its request",
    ...wholeNumber(100, 600_000),
  },
  maxRejectedPerMinute: {
    flag: "--max-rejected-per-minute",
    argument: "<number>",
    variable: "TELLTALE_MAX_REJECTED_PER_MINUTE",
    default: "6000",
    description:
      "how many messages of an address may be rejected; beyond, connections that send such are slowed",
    ...wholeNumber(1, 1_000_000_000),
  },
  maxFailedTokensPerMinute: {
    flag: "--max-failed-tokens-per-minute",
    argument: "<number>",
    variable: "TELLTALE_MAX_FAILED_TOKENS_PER_MINUTE",
    default: "60",
    description: "how many wrong tokens may come from an address; further ones are refused with 429",
    ...wholeNumber(1, 1_000_000_000),
  },
  logLevel: {
    flag: "--log-level",
    argument: "<level>",
    variable: "TELLTALE_LOG_LEVEL",
    default: "info",
    description: `how much to log: ${logLevels.join(", ")}`,
    rule: `one of ${logLevels.join(", ")}`,
    read: (text: string) => logLevels.find((level) => level === text),
  },
} as const satisfies Record<string, Setting>;

type Settings = typeof serveSettings;
type ValueOf<Name extends keyof Settings> = NonNullable<ReturnType<Settings[Name]["read"]>>;
type WithDefault = {
  [Name in keyof Settings]: Settings[Name] extends { default: string } ? Name : never;
}[keyof Settings];

/** What `telltale serve` is told. */
export type ServeConfig = ReturnType<typeof readServeConfig>;

/** Everything that is wrong with a configuration, a sentence a problem. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "bad_config";

  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/**
 * The configuration that flags, and after them the environment, and after that the defaults say.
 *
 * @param flags the flags that were given, by their name in {@link serveSettings}.
 * @param stray what else stood on the command line.
 * @throws ConfigError that names every problem at once.
 */
export function readServeConfig(
  flags: Readonly<Partial<Record<keyof Settings, string>>>,
  stray: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
) {
  const problems = stray.map((word) => {
    // Nothing of an address is repeated: it may hold a password.
    if (word.includes("://")) return "An address stands where none is expected; name the database with --db.";
    return word.startsWith("-")
      ? `There is no flag ${word}; telltale serve --help lists them.`
      : `\`${word}\` is not expected here; telltale serve takes flags only.`;
  });
  for (const name of Object.keys(environment).filter((variable) => variable.startsWith("TELLTALE_"))) {
    if (!Object.values(serveSettings).some(({ variable }) => variable === name)) {
      problems.push(`There is no environment variable ${name}; telltale serve --help lists them.`);
    }
  }
  const readGiven = <Name extends keyof Settings>(name: Name): ValueOf<Name> | undefined => {
    const setting: Setting = serveSettings[name];
    const text = flags[name] ?? environment[setting.variable];
    if (text === undefined) return undefined;
    const value = setting.read(text);
    const where = flags[name] === undefined ? setting.variable : setting.flag;
    if (value === undefined) problems.push(`${where} must be ${setting.rule}, and is \`${text}\`.`);
    return value as ValueOf<Name> | undefined;
  };
  const read = <Name extends WithDefault>(name: Name): ValueOf<Name> =>
    readGiven(name) ?? (serveSettings[name].read(serveSettings[name].default) as ValueOf<Name>);
  const config = {
    db: read("db"),
    host: read("host"),
    port: read("port"),
    tokenFile: readGiven("tokenFile"),
    isInsecure: read("insecure"),
    tlsCert: readGiven("tlsCert"),
    tlsKey: readGiven("tlsKey"),
    allowedOrigins: readGiven("allowOrigin") ?? [],
    allowedHosts: readGiven("allowHost") ?? [],
    maximumMessageBytes: read("maxMessageBytes"),
    maximumMessagesInFlight: read("maxMessagesInFlight"),
    maximumBytesInFlight: read("maxBytesInFlight"),
    maximumConnections: read("maxConnections"),
    maximumConnectionsOfAddress: read("maxConnectionsPerAddress"),
    handshakeTimeoutMs: read("handshakeTimeoutMs"),
    maximumRejectedPerMinute: read("maxRejectedPerMinute"),
    maximumFailedTokensPerMinute: read("maxFailedTokensPerMinute"),
    logLevel: read("logLevel"),
  };
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    problems.push("--tls-cert and --tls-key belong together; give both, or neither.");
  }
  if (config.isInsecure && config.tokenFile !== undefined) {
    problems.push("--insecure lets everybody in, and --token-file does not; give one of them.");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** The origin of pages as browsers write it, without a default port. */
function readOrigin(text: string): string | undefined {
  if (text === "null") return text;
  const origin = text.toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/.test(origin) || !URL.canParse(origin)) return undefined;
  if (/^wss?:/.test(origin)) return undefined;
  // Of schemes such as chrome-extension:// the platform's URL knows no origin.
  return /^https?:/.test(origin) ? new URL(origin).origin : origin;
}

function readText(text: string): string | undefined {
  return text === "" ? undefined : text;
}

/** Values between commas. */
function readList<Value>(readOne: (text: string) => Value | undefined) {
  return (text: string): readonly Value[] | undefined => {
    const values = text.split(",").map((one) => readOne(one.trim()));
    const known = values.filter((value) => value !== undefined);
    return known.length === values.length ? known : undefined;
  };
}

/** The rule and the reading of a whole number between bounds. */
function wholeNumber(least: number, most: number) {
  return {
    rule: `a whole number from ${least} to ${most}`,
    read: (text: string): number | undefined => {
      const value = Number(text);
      return /^[0-9]+$/.test(text) && value >= least && value <= most ? value : undefined;
    },
  };
}
