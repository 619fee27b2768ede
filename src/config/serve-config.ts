/** What `telltale serve` is told. */
export interface ServeConfig {
  /** The path of the SQLite file, or the address of the PostgreSQL database. */
  readonly db: string;
  readonly host: string;
  readonly port: number;
  readonly maximumMessageBytes: number;
  readonly logLevel: string;
}

/** A flag of `telltale serve`, its environment variable, and its default; README.md lists them. */
export interface Setting {
  readonly flag: string;
  readonly argument: string;
  readonly variable: string;
  readonly default: string;
  readonly description: string;
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
  },
  host: {
    flag: "--host",
    argument: "<address>",
    variable: "TELLTALE_HOST",
    default: "127.0.0.1",
    description: "the address to listen on",
  },
  port: {
    flag: "--port",
    argument: "<number>",
    variable: "TELLTALE_PORT",
    default: "8765",
    description: "the port to listen on; 0 takes any free one",
  },
  maxMessageBytes: {
    flag: "--max-message-bytes",
    argument: "<number>",
    variable: "TELLTALE_MAX_MESSAGE_BYTES",
    default: "16777216",
    description: "how large a message may be; a larger one closes its connection",
  },
  logLevel: {
    flag: "--log-level",
    argument: "<level>",
    variable: "TELLTALE_LOG_LEVEL",
    default: "info",
    description: `how much to log: ${logLevels.join(", ")}`,
  },
} as const satisfies Record<string, Setting>;

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
  flags: Readonly<Partial<Record<keyof typeof serveSettings, string>>>,
  stray: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): ServeConfig {
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
  const read = <Value>(
    name: keyof typeof serveSettings,
    rule: string,
    parse: (text: string) => Value | undefined,
  ) => {
    const { flag, variable, default: preset } = serveSettings[name];
    const isFlag = flags[name] !== undefined;
    const text = flags[name] ?? environment[variable] ?? preset;
    const value = parse(text);
    if (value === undefined)
      problems.push(`${isFlag ? flag : variable} must be ${rule}, and is \`${text}\`.`);
    return value;
  };
  const db = read("db", "the path of a file or the address of a PostgreSQL database", (text) =>
    text === "" ? undefined : text,
  );
  const host = read("host", "an address to listen on", (text) => (text === "" ? undefined : text));
  const port = read("port", "a whole number from 0 to 65535", (text) => readWhole(text, 0, 65_535));
  const maximumMessageBytes = read("maxMessageBytes", "a whole number from 1024 to 1073741824", (text) =>
    readWhole(text, 1024, 1024 ** 3),
  );
  const logLevel = read("logLevel", `one of ${logLevels.join(", ")}`, (text) =>
    logLevels.find((level) => level === text),
  );
  if (
    problems.length > 0 ||
    db === undefined ||
    host === undefined ||
    port === undefined ||
    maximumMessageBytes === undefined ||
    logLevel === undefined
  ) {
    throw new ConfigError(problems);
  }
  return { db, host, port, maximumMessageBytes, logLevel };
}

function readWhole(text: string, least: number, most: number): number | undefined {
  const value = Number(text);
  return /^[0-9]+$/.test(text) && value >= least && value <= most ? value : undefined;
}
