import { type Setting, readList, readText, wholeNumber } from "./setting.js";

const logLevels = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** The settings of `telltale serve`; docs/CONFIGURATION.md lists them. */
export const serveSettings = {
  db: {
    flag: "--db",
    argument: "<database>",
    variable: "TELLTALE_DB",
    default: "./databases/default.db",
    description:
      "database: path of a SQLite file, created if missing, or postgres://user:password@host:5432/database",
    rule: "the path of a file or the address of a PostgreSQL database",
    read: readText,
  },
  host: {
    flag: "--host",
    argument: "<address>",
    variable: "TELLTALE_HOST",
    default: "127.0.0.1",
    description: "address to listen on; one that other machines can reach needs --token-file or --insecure",
    rule: "an address to listen on",
    read: readText,
  },
  port: {
    flag: "--port",
    argument: "<number>",
    variable: "TELLTALE_PORT",
    default: "8765",
    description: "port to listen on; 0 for any free port",
    ...wholeNumber(0, 65_535),
  },
  tokenFile: {
    flag: "--token-file",
    argument: "<file>",
    variable: "TELLTALE_TOKEN_FILE",
    description: "file of the tokens that give access (create one with `telltale token`)",
    rule: "the path of a file",
    read: readText,
  },
  insecure: {
    flag: "--insecure",
    variable: "TELLTALE_INSECURE",
    default: "false",
    description: "access without a token for everyone who can reach --host",
    rule: "true or false",
    read: (text: string) => (text === "true" || text === "false" ? text === "true" : undefined),
  },
  tlsCert: {
    flag: "--tls-cert",
    argument: "<file>",
    variable: "TELLTALE_TLS_CERT",
    description: "PEM file with the certificate and its chain, for wss:// and https://",
    rule: "the path of a file",
    read: readText,
  },
  tlsKey: {
    flag: "--tls-key",
    argument: "<file>",
    variable: "TELLTALE_TLS_KEY",
    description: "PEM file with the private key of the certificate",
    rule: "the path of a file",
    read: readText,
  },
  allowOrigin: {
    flag: "--allow-origin",
    argument: "<origin>",
    variable: "TELLTALE_ALLOW_ORIGIN",
    description:
      "origin of pages that may connect, such as https://lab.example; null for pages opened from a file",
    isList: true,
    rule: "null, or a scheme and a host such as https://lab.example, without a path",
    read: readList(readOrigin),
  },
  allowHost: {
    flag: "--allow-host",
    argument: "<name>",
    variable: "TELLTALE_ALLOW_HOST",
    description: "another host name of this telltale, such as lab.example behind a proxy",
    isList: true,
    rule: "the name of a host, without a scheme or a port",
    read: readList((text) => (/^[a-z0-9._-]+$/i.test(text) ? text.toLowerCase() : undefined)),
  },
  maxMessageBytes: {
    flag: "--max-message-bytes",
    argument: "<number>",
    variable: "TELLTALE_MAX_MESSAGE_BYTES",
    default: "16777216",
    description: "maximum size of a message; a larger message closes its connection",
    ...wholeNumber(1024, 1024 ** 3),
  },
  maxMessagesInFlight: {
    flag: "--max-messages-in-flight",
    argument: "<number>",
    variable: "TELLTALE_MAX_MESSAGES_IN_FLIGHT",
    default: "4096",
    description: "maximum number of unanswered messages of a connection; reading from it pauses there",
    ...wholeNumber(1, 1_000_000),
  },
  maxBytesInFlight: {
    flag: "--max-bytes-in-flight",
    argument: "<number>",
    variable: "TELLTALE_MAX_BYTES_IN_FLIGHT",
    default: "8388608",
    description: "maximum total size of the unanswered messages of a connection",
    ...wholeNumber(1024, 1024 ** 3),
  },
  maxConnections: {
    flag: "--max-connections",
    argument: "<number>",
    variable: "TELLTALE_MAX_CONNECTIONS",
    default: "1000",
    description: "maximum number of connections; further ones are refused with 503",
    ...wholeNumber(1, 1_000_000),
  },
  maxConnectionsPerAddress: {
    flag: "--max-connections-per-address",
    argument: "<number>",
    variable: "TELLTALE_MAX_CONNECTIONS_PER_ADDRESS",
    default: "500",
    description: "maximum number of connections from one address; further ones are refused with 429",
    ...wholeNumber(1, 1_000_000),
  },
  handshakeTimeoutMs: {
    flag: "--handshake-timeout-ms",
    argument: "<number>",
    variable: "TELLTALE_HANDSHAKE_TIMEOUT_MS",
    default: "10000",
    description: "maximum time for a client to complete TLS and to send the headers of its request",
    ...wholeNumber(100, 600_000),
  },
  maxRejectedPerMinute: {
    flag: "--max-rejected-per-minute",
    argument: "<number>",
    variable: "TELLTALE_MAX_REJECTED_PER_MINUTE",
    default: "6000",
    description:
      "maximum number of rejected messages from one address; connections that send more are slowed",
    ...wholeNumber(1, 1_000_000_000),
  },
  maxFailedTokensPerMinute: {
    flag: "--max-failed-tokens-per-minute",
    argument: "<number>",
    variable: "TELLTALE_MAX_FAILED_TOKENS_PER_MINUTE",
    default: "60",
    description: "maximum number of wrong tokens from one address; further ones are refused with 429",
    ...wholeNumber(1, 1_000_000_000),
  },
  acceptDamagedWal: {
    flag: "--accept-damaged-wal",
    variable: "TELLTALE_ACCEPT_DAMAGED_WAL",
    default: "false",
    description: "start with a damaged write-ahead log, without the messages behind the damage",
    rule: "true or false",
    read: (text: string) => (text === "true" || text === "false" ? text === "true" : undefined),
  },
  logLevel: {
    flag: "--log-level",
    argument: "<level>",
    variable: "TELLTALE_LOG_LEVEL",
    default: "info",
    description: `amount to log: ${logLevels.join(", ")}`,
    rule: `one of ${logLevels.join(", ")}`,
    read: (text: string) => logLevels.find((level) => level === text),
  },
} as const satisfies Record<string, Setting>;

/** An origin as browsers write it, without a default port. */
function readOrigin(text: string): string | undefined {
  if (text === "null") return text;
  const origin = text.toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*]+$/.test(origin) || !URL.canParse(origin)) return undefined;
  if (/^wss?:/.test(origin)) return undefined;
  // For schemes such as chrome-extension:// the URL class has no origin.
  return /^https?:/.test(origin) ? new URL(origin).origin : origin;
}
