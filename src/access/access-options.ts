/** Which requests are let in, and how many at a time. */
export interface AccessOptions {
  /** The file with the tokens; undefined if no token is needed. */
  readonly tokenFile: string | undefined;
  /** Whether everyone on the network may connect when there are no tokens. */
  readonly isInsecure: boolean;
  /** The files of the certificate and its key, in PEM form; both undefined without TLS. */
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
  /** Origins whose pages may connect, in addition to the address itself. */
  readonly allowedOrigins: readonly string[];
  /** Names that a Host header may have, in lower case, in addition to localhost and addresses. */
  readonly allowedHosts: readonly string[];
  readonly maximumConnections: number;
  readonly maximumConnectionsOfAddress: number;
  /** How long a client may take for the TLS handshake and the headers of its request. */
  readonly handshakeTimeoutMs: number;
  /** How many messages of one address may be rejected before its connections are slowed down. */
  readonly maximumRejectedPerMinute: number;
  /** How many wrong tokens an address may send before it gets 429; a right one is let in all the same. */
  readonly maximumFailedTokensPerMinute: number;
}
