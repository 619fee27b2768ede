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

/** How many refusals of one address are logged. */
const loggedPerMinute = 60;

/** After how many seconds a client that was one connection too many may try again. */
const roomAgainSeconds = 5;

/** A connection beyond the limits. */
interface ExcessPeer {
  readonly socket: Socket;
  readonly refusal: Refusal;
  /** Whether it brought a right token, and is served in spite of the limits. */
  hasToken: boolean;
}

/** Decides which requests of HTTP and WebSocket are let in; counts connections, failed tokens and rejected messages. */
export class AccessControl {
  readonly #connections: ConnectionCounts;
  readonly #failedTokens: Rates;
  readonly #rejections: Rates;
  readonly #logged = new Rates(loggedPerMinute);
  /** The peers beyond the limits, as long as they are connected, the oldest first. */
  readonly #excess = new Map<string, ExcessPeer>();

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
   * Reads the files that the options name, and warns in the log of settings that are not safe.
   *
   * @param host the host to listen on.
   * @throws AccessError when the daemon would be open to the network without leave, or a file cannot be used.
   */
  static async open(host: string, options: AccessOptions, logger: Logger): Promise<AccessControl> {
    const { tokenFile, tlsCert, tlsKey } = options;
    const isLoopback = (await isLoopbackHost(host)) ?? false;
    if (!isLoopback && tokenFile === undefined && !options.isInsecure) {
      throw new AccessError(
        "open_to_network",
        `Other machines can reach --host ${host}: give --token-file, or --insecure if everyone who can reach it may read and write.`,
      );
    }
    const file = tokenFile === undefined ? undefined : await readTokenFile(tokenFile);
    const certificate =
      tlsCert === undefined || tlsKey === undefined ? undefined : await readCertificate(tlsCert, tlsKey);
    if (file?.isOpenToOthers === true) {
      logger.warn(`Every user of this machine can read or change ${tokenFile ?? ""}; run chmod 600 on it.`);
    }
    if (!isLoopback && file === undefined) {
      logger.warn("Everyone who can reach this address can read and write (--insecure).");
    }
    if (!isLoopback && file !== undefined && certificate === undefined) {
      logger.warn("Tokens and messages cross the network unencrypted; see docs/SECURITY.md for TLS.");
    }
    if (certificate !== undefined && certificate.expiresAt.getTime() < Date.now()) {
      logger.warn(
        `The certificate in ${tlsCert ?? ""} has expired and clients will refuse it; get a new one.`,
      );
    }
    const policy: AccessPolicy = {
      tokens: file && new Tokens(file.tokens),
      allowedOrigins: options.allowedOrigins,
      knownHosts: isLoopback ? "loopback" : file === undefined ? "addresses" : "any",
      allowedHosts: options.allowedHosts,
    };
    return new AccessControl(policy, certificate, options, logger);
  }

  /** Makes a server, with TLS if there is a certificate, that drops slow clients and counts its connections. */
  makeServer(listener: RequestListener): Server {
    const { handshakeTimeoutMs } = this.options;
    const timeouts = {
      headersTimeout: handshakeTimeoutMs,
      // Requests have no body, so a request is complete with its headers.
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
   * Returns why a request is refused; undefined if it is let in. Logs the refusal, and counts a wrong token.
   *
   * @param scope the scope that the request needs; undefined if it needs no token.
   */
  admit(request: IncomingMessage, scope: Scope | undefined): Refusal | undefined {
    const refusal = this.#judgeExcess(request) ?? this.#judge(request, scope);
    if (refusal !== undefined) this.#logRefusal(request.socket, refusal);
    return refusal;
  }

  /** Whether a request would be let in with this scope; counts and logs nothing. */
  allows(request: IncomingMessage, scope: Scope): boolean {
    return judge(this.#factsOf(request, scope), this.policy) === undefined;
  }

  /** Whether --allow-origin lists an origin, so that its pages may read answers. */
  isAllowedOrigin(origin: string): boolean {
    return isAllowedOrigin(origin, this.policy);
  }

  /** Counts a rejected message of an address; returns for how many ms not to read from its connection. */
  noteRejection(address: string | undefined): number {
    return this.#rejections.spend(countedAddress(address));
  }

  /** Refuses a peer beyond the limits unless it brings a right token: peers without one must not keep out those with one. */
  #judgeExcess({ headers, socket }: IncomingMessage): Refusal | undefined {
    const peer = this.#excess.get(peerOf(socket));
    if (peer === undefined) return undefined;
    const token = presentedToken(headers);
    peer.hasToken ||= token !== undefined && this.policy.tokens?.scopesOf(token) !== undefined;
    return peer.hasToken ? undefined : peer.refusal;
  }

  /** Drops the peer beyond the limits that has waited longest without a right token; returns whether there was one. */
  #dropOldestExcess(): boolean {
    for (const [peer, { socket, hasToken }] of this.#excess) {
      if (hasToken) continue;
      this.#excess.delete(peer);
      socket.destroy();
      return true;
    }
    return false;
  }

  #judge(request: IncomingMessage, scope: Scope | undefined): Refusal | undefined {
    const facts = this.#factsOf(request, scope);
    const refusal = judge(facts, this.policy);
    // A right token is always let in: wrong ones from the same address must not lock a laboratory out.
    if (refusal?.code !== "unauthorized" || facts.token === undefined) return refusal;
    const waitMs = this.#failedTokens.spend(countedAddress(request.socket.remoteAddress));
    if (waitMs === 0) return refusal;
    return {
      code: "too_many_failed_tokens",
      message: "Too many wrong tokens from this address; try again later, with a right one.",
      retryAfterSeconds: Math.ceil(waitMs / 1000),
    };
  }

  #factsOf({ headers, url }: IncomingMessage, scope: Scope | undefined): RequestFacts {
    return {
      scope,
      host: headers.host,
      origin: headers.origin,
      // "same-site" pages too: any program on this computer may serve one on another port of localhost.
      isCrossOrigin: ["cross-site", "same-site"].includes(String(headers["sec-fetch-site"])),
      token: presentedToken(headers),
      hasTokenInUrl: hasTokenInUrl(url ?? ""),
      isSecure: this.certificate !== undefined,
    };
  }

  #count(socket: Socket): void {
    const [address, peer] = [countedAddress(socket.remoteAddress), peerOf(socket)];
    const exceeded = this.#connections.enter(address);
    if (exceeded === undefined) {
      socket.once("close", () => {
        this.#connections.leave(address);
      });
      return;
    }
    // Even refused connections are limited; the newest stays, because it may bring a token.
    if (this.#excess.size >= this.options.maximumConnections && !this.#dropOldestExcess()) {
      socket.destroy();
      return;
    }
    const message =
      exceeded === "too_many_connections"
        ? "telltale has reached its limit of connections; try again later, or raise --max-connections."
        : "This address has reached its limit of connections; close some, or raise --max-connections-per-address.";
    this.#excess.set(peer, {
      socket,
      refusal: { code: exceeded, message, retryAfterSeconds: roomAgainSeconds },
      hasToken: false,
    });
    socket.once("close", () => {
      this.#excess.delete(peer);
    });
  }

  #logRefusal(socket: Socket, { code, message }: Refusal): void {
    if (this.#logged.spend(countedAddress(socket.remoteAddress)) > 0) return;
    this.logger.warn({ peer: peerOf(socket), code }, `refused: ${message}`);
  }
}

/** The name of a peer in the log: its address and port. */
export function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? "unknown"}:${remotePort ?? 0}`;
}
