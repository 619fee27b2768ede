import { ConfigError } from "./config-error.js";
import { serveSettings } from "./serve-settings.js";
import { readSetting } from "./setting.js";

type Settings = typeof serveSettings;
type ValueOf<Name extends keyof Settings> =
  | NonNullable<ReturnType<Settings[Name]["read"]>>
  | (Settings[Name] extends { default: string } ? never : undefined);

/** The configuration of `telltale serve`. */
export type ServeConfig = ReturnType<typeof readServeConfig>;

/**
 * Reads the configuration from flags, else from the environment, else from the defaults.
 *
 * @param flags the given flags, by their name in {@link serveSettings}.
 * @param stray words on the command line that belong to no flag.
 * @throws ConfigError that names every problem at once.
 */
export function readServeConfig(
  flags: Readonly<Partial<Record<keyof Settings, string>>>,
  stray: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
) {
  const problems = [...stray.map(describeStrayWord), ...listUnknownVariables(environment)];
  // A wrong value is undefined here whatever the type says: its problem is thrown below.
  const read = <Name extends keyof Settings>(name: Name) =>
    readSetting<unknown>(serveSettings[name], flags[name], environment, problems) as ValueOf<Name>;
  const config = {
    db: read("db"),
    host: read("host"),
    port: read("port"),
    tokenFile: read("tokenFile"),
    isInsecure: read("insecure"),
    tlsCert: read("tlsCert"),
    tlsKey: read("tlsKey"),
    allowedOrigins: read("allowOrigin") ?? [],
    allowedHosts: read("allowHost") ?? [],
    maximumMessageBytes: read("maxMessageBytes"),
    maximumMessagesInFlight: read("maxMessagesInFlight"),
    maximumBytesInFlight: read("maxBytesInFlight"),
    maximumConnections: read("maxConnections"),
    maximumConnectionsOfAddress: read("maxConnectionsPerAddress"),
    handshakeTimeoutMs: read("handshakeTimeoutMs"),
    maximumRejectedPerMinute: read("maxRejectedPerMinute"),
    maximumFailedTokensPerMinute: read("maxFailedTokensPerMinute"),
    isWalDamageAccepted: read("acceptDamagedWal"),
    logLevel: read("logLevel"),
  };
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    problems.push("--tls-cert and --tls-key belong together; give both or neither.");
  }
  if (config.isInsecure && config.tokenFile !== undefined) {
    problems.push("--insecure and --token-file contradict each other; give one of them.");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

function describeStrayWord(word: string): string {
  // An address is not repeated, because it may hold a password.
  if (word.includes("://"))
    return "An address stands alone on the command line; name the database with --db.";
  return word.startsWith("-")
    ? `There is no flag ${word}; \`telltale serve --help\` lists the flags.`
    : `\`${word}\` is not expected here; telltale serve takes only flags.`;
}

function listUnknownVariables(environment: NodeJS.ProcessEnv): string[] {
  const known = new Set<string>(Object.values(serveSettings).map(({ variable }) => variable));
  return Object.keys(environment)
    .filter((name) => name.startsWith("TELLTALE_") && !known.has(name))
    .map((name) => `There is no environment variable ${name}; \`telltale serve --help\` lists them.`);
}
