/** Who is let in, and how much at a time. */
export interface AccessOptions {
  /** The file with the tokens; undefined where none is needed. */
  readonly tokenFile: string | undefined;
  /** Whether everybody on the network may come in where there are no tokens. */
  readonly isInsecure: boolean;
  /** The files of the certificate and its key, in PEM form; both undefined without TLS. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Whose pages may connect, beside those of the address itself. */
  readonly allowedOrigins: readonly string[];
  /** By which names, in lower case, a request may call the daemon, beside localhost and addresses. */
  readonly allowedHosts: readonly string[];
  readonly maximumConnections: number;
  readonly maximumConnectionsOfAddress: number;
  /** How long a client may take to make TLS and to send the headers of its request. */
  readonly handshakeTimeoutMs: number;
  /** How many messages of one address may be rejected before its connections are slowed. */
  readonly maximumRejectedPerMinute: number;
  /** After how many wrong tokens an address is answered 429, unless it brings a right one. */
  readonly maximumFailedTokensPerMinute: number;
}
