import { type IncomingMessage, type RequestListener, type Server, createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { Logger } from "pino";
import { countedAddress, isLoopbackHost } from "./address.js";
import { type Certificate, readCertificate } from "./certificate.js";
import { ConnectionCounts } from "./connection-counts.js";
import { AccessError } from "./access-error.js";
import type { AccessOptions } from "./access-options.js";
import { type AccessPolicy, type RequestFacts, isAllowedOrigin, judge } from "./judge.js";
import { hasTokenInUrl, presentedToken } from "./presented-token.js";
import { Rates } from "./rates.js";
import type { Refusal } from "./refusal.js";
import { readTokenFile } from "./token-file.js";
import { type Scope, Tokens } from "./tokens.js";

/** How many refusals of one address the log tells of. */
const loggedPerMinute = 60;

/** After how many seconds a client may try again where there were too many connections. */
const roomAgainSeconds = 5;

/** Decides who comes in: one for HTTP and WebSocket, counting connections, failed tokens and rejected messages. */
export class AccessControl {
  readonly #connections: ConnectionCounts;
  readonly #failedTokens: Rates;
  readonly #rejections: Rates;
  readonly #logged = new Rates(loggedPerMinute);
  /** The peers that were one too many, as long as they are connected. */
  readonly #superfluous = new Map<string, Refusal>();

  private constructor(
    readonly policy: AccessPolicy,
    readonly certificate: Certificate | undefined,
    readonly options: AccessOptions,
    readonly logger: Logger,
  ) {
    this.#connections = new ConnectionCounts(options.maximumConnections, options.maximumConnectionsOfAddress);
    this.#failedTokens = new Rates(options.maximumFailedTokensPerMinute);
    this.#rejections = new Rates(options.maximumRejectedPerMinute);
  }

  /**
   * Reads the files that the options name, and warns in the log of what is not as safe as it could be.
   *
   * @param host what is listened on.
   * @throws AccessError where it would be open to the network unasked, or a file is not as it must be.
   */
  static async open(host: string, options: AccessOptions, logger: Logger): Promise<AccessControl> {
    const { tokenFile, tlsCert, tlsKey } = options;
    const isLoopback = (await isLoopbackHost(host)) ?? false;
    if (!isLoopback && tokenFile === undefined && !options.isInsecure) {
      throw new AccessError(
        "open_to_network",
        `Other machines can reach --host ${host}: give --token-file, or --insecure if everybody who can reach it may read and write.`,
      );
    }
    const file = tokenFile === undefined ? undefined : await readTokenFile(tokenFile);
    const certificate =
      tlsCert === undefined || tlsKey === undefined ? undefined : await readCertificate(tlsCert, tlsKey);
    if (file?.isOpenToOthers === true) {
      logger.warn(`Every user of this machine can read or change ${tokenFile ?? ""}; chmod 600 ends that.`);
    }
    if (!isLoopback && file === undefined) {
      logger.warn("Everybody who can reach this address can read and write (--insecure).");
    }
    if (!isLoopback && file !== undefined && certificate === undefined) {
      logger.warn("Tokens and messages cross the network unencrypted; docs/SECURITY.md says how to use TLS.");
    }
    if (certificate !== undefined && certificate.expiresAt.getTime() < Date.now()) {
      logger.warn(`The certificate in ${tlsCert ?? ""} has expired; clients will refuse it.`);
    }
    const policy: AccessPolicy = {
      tokens: file && new Tokens(file.tokens),
      allowedOrigins: options.allowedOrigins,
      knownHosts: isLoopback ? "loopback" : file === undefined ? "addresses" : "any",
      allowedHosts: options.allowedHosts,
    };
    return new AccessControl(policy, certificate, options, logger);
  }

  /** A server, with TLS where there is a certificate, that drops clients who take too long and counts its connections. */
  makeServer(listener: RequestListener): Server {
    const { handshakeTimeoutMs } = this.options;
    const timeouts = {
      headersTimeout: handshakeTimeoutMs,
      // No request has a body, so all of it is its headers.
      requestTimeout: handshakeTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, handshakeTimeoutMs),
    };
    const { certificate } = this;
    const server =
      certificate === undefined
        ? createServer(timeouts, listener)
        : createSecureServer(
            {
              ...timeouts,
              handshakeTimeout: handshakeTimeoutMs,
              cert: certificate.cert,
              key: certificate.key,
            },
            listener,
          );
    server.on("connection", (socket: Socket) => {
      this.#count(socket);
    });
    return server;
  }

  /**
   * Why a request is not let in; undefined where it is. A refusal is logged, and a wrong token counted.
   *
   * @param scope what it needs leave for; undefined where everybody may.
   */
  admit(request: IncomingMessage, scope: Scope | undefined): Refusal | undefined {
    const refusal = this.#superfluous.get(peerOf(request.socket)) ?? this.#judge(request, scope);
    if (refusal !== undefined) this.#logRefusal(request.socket, refusal);
    return refusal;
  }

  /** Whether a request would be let in with this scope; nothing is counted or logged. */
  allows(request: IncomingMessage, scope: Scope): boolean {
    return judge(this.#factsOf(request, scope), this.policy) === undefined;
  }

  /** Whether pages of a request's Origin may read answers because they were let in by name. */
  isAllowedOrigin(origin: string): boolean {
    return isAllowedOrigin(origin, this.policy);
  }

  /** Notes that a message of an address was rejected; gives for how many ms its connection is to be slowed. */
  noteRejection(address: string | undefined): number {
    return this.#rejections.spend(countedAddress(address));
  }

  #judge(request: IncomingMessage, scope: Scope | undefined): Refusal | undefined {
    const facts = this.#factsOf(request, scope);
    const refusal = judge(facts, this.policy);
    // A right token is always let in: whoever sends wrong ones from the same address must not lock a laboratory out.
    if (refusal?.code !== "unauthorized" || facts.token === undefined) return refusal;
    const waitMs = this.#failedTokens.spend(countedAddress(request.socket.remoteAddress));
    if (waitMs === 0) return refusal;
    return {
      code: "too_many_failed_tokens",
      message: "Too many wrong tokens came from this address; try again later, with a right one.",
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    };
  }

  #factsOf({ headers, url }: IncomingMessage, scope: Scope | undefined): RequestFacts {
    return {
      scope,
      host: headers.host,
      origin: headers.origin,
      token: presentedToken(headers),
      hasTokenInUrl: hasTokenInUrl(url ?? ""),
      isSecure: this.certificate !== undefined,
    };
  }

  #count(socket: Socket): void {
    const [address, peer] = [countedAddress(socket.remoteAddress), peerOf(socket)];
    const excess = this.#connections.enter(address);
    if (excess === undefined) {
      socket.once("close", () => {
        this.#connections.leave(address);
      });
      return;
    }
    // Those that are told so are not without number either.
    if (this.#superfluous.size >= this.options.maximumConnections) {
      socket.destroy();
      return;
    }
    const message =
      excess === "too_many_connections"
        ? "telltale has as many connections as it may have; try again later, or raise --max-connections."
        : "This address has as many connections as it may have; close some, or raise --max-connections-per-address.";
    this.#superfluous.set(peer, { code: excess, message, retryAfterSeconds: roomAgainSeconds });
    socket.once("close", () => {
      this.#superfluous.delete(peer);
    });
  }

  #logRefusal(socket: Socket, { code, message }: Refusal): void {
    if (this.#logged.spend(countedAddress(socket.remoteAddress)) > 0) return;
    this.logger.warn({ peer: peerOf(socket), code }, `refused: ${message}`);
  }
}

/** How a peer is named in the log. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? "unknown"}:${remotePort ?? 0}`;
}
