import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { AccessControl } from "./access-control.js";
import { Rates } from "./rates.js";
import { answerRaw } from "./raw-answer.js";
import { refusalHeaders, refusalStatus } from "./refusal.js";
import type { Scope } from "./tokens.js";
import { webSocketOptions } from "./web-socket-options.js";

/** telltale pings three times a minute; other pongs come from clients that keep their connection alive by them. */
const maximumPongsPerMinute = 1000;

/** A path at which clients connect by WebSocket. */
export interface UpgradeRoute {
  readonly scope: Scope;
  /** A larger message closes its connection with 1009. */
  readonly maximumBytes: number;
  /** Takes over a client that was let in; `stream` is the socket's own stream. */
  take(socket: WebSocket, stream: Socket, request: IncomingMessage): void;
}

/**
 * Accepts WebSocket handshakes at these paths, and refuses all others in JSON as HTTP does.
 *
 * @param isStopping whether to refuse every new client.
 */
export function guardUpgrades(
  server: Server,
  access: AccessControl,
  routes: Readonly<Record<string, UpgradeRoute>>,
  isStopping: () => boolean,
): void {
  const endpoints = new Map(
    Object.entries(routes).map(([path, route]) => [path, { route, webSockets: makeWebSockets(route) }]),
  );
  server.on("upgrade", (request: IncomingMessage, stream: Socket, head: Buffer) => {
    const [path = ""] = (request.url ?? "/").split("?");
    const endpoint = endpoints.get(path);
    if (isStopping()) {
      answerRaw(stream, 503, { code: "closed", message: "telltale is stopping; connect again later." });
      return;
    }
    // Check access first, so that paths are not revealed to strangers.
    const refusal = access.admit(request, endpoint?.route.scope ?? "read");
    if (refusal !== undefined) {
      answerRaw(stream, refusalStatus[refusal.code], refusal, refusalHeaders(refusal));
      return;
    }
    if (endpoint === undefined) {
      const message = "There is no WebSocket at this path; connect at / or /replay.";
      answerRaw(stream, 404, { code: "not_found", message });
      return;
    }
    // ws would accept version 8, a draft of the standard, too.
    if (request.headers["sec-websocket-version"] === "8") {
      refuseHandshake(stream, "The request has the Sec-WebSocket-Version 8");
      return;
    }
    endpoint.webSockets.handleUpgrade(request, stream, head, (socket) => {
      boundPongs(socket);
      endpoint.route.take(socket, stream, request);
    });
  });
}

/** Drops a client that floods telltale with pongs: they need no answer that would slow it down, and keep other clients waiting. */
function boundPongs(socket: WebSocket): void {
  const pongs = new Rates(maximumPongsPerMinute);
  socket.on("pong", () => {
    if (pongs.spend("") > 0) socket.terminate();
  });
}

function makeWebSockets({ maximumBytes }: UpgradeRoute): WebSocketServer {
  const webSockets = new WebSocketServer(webSocketOptions(maximumBytes));
  webSockets.on("wsClientError", (error, stream) => {
    refuseHandshake(stream, error.message);
  });
  return webSockets;
}

function refuseHandshake(stream: Duplex, what: string): void {
  const message = `${what}; this is not a WebSocket handshake of version 13.`;
  answerRaw(stream, 400, { code: "bad_request", message }, { "sec-websocket-version": "13" });
}
