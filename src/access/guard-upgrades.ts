import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import type { AccessControl } from "./access-control.js";
import { Rates } from "./rates.js";
import { answerRaw } from "./raw-answer.js";
import { refusalHeaders, refusalStatus } from "./refusal.js";
import type { Scope } from "./tokens.js";
import { webSocketOptions } from "./web-socket-options.js";

/** telltale asks for three a minute; others come from clients that keep their connection alive by them. */
const maximumPongsPerMinute = 1000;

/** A path at which clients connect by WebSocket. */
export interface UpgradeRoute {
  readonly scope: Scope;
  /** A larger message closes its connection with 1009. */
  readonly maximumBytes: number;
  /** Takes a client that was let in; `stream` is the socket's own stream. */
  take(socket: WebSocket, stream: Socket, request: IncomingMessage): void;
}

/**
 * Lets clients in by WebSocket at these paths, and refuses all others in JSON as HTTP does.
 *
 * @param isStopping whether nobody is let in any more.
 */
export function guardUpgrades(
  server: Server,
  access: AccessControl,
  routes: Readonly<Record<string, UpgradeRoute>>,
  isStopping: () => boolean,
): void {
  const places = new Map(
    Object.entries(routes).map(([path, route]) => [path, { route, webSockets: makeWebSockets(route) }]),
  );
  server.on("upgrade", (request: IncomingMessage, stream: Socket, head: Buffer) => {
    const [path = ""] = (request.url ?? "/").split("?");
    const place = places.get(path);
    if (isStopping()) {
      answerRaw(stream, 503, { code: "closed", message: "telltale is stopping; connect again later." });
      return;
    }
    // Nobody without leave learns which paths there are.
    const refusal = access.admit(request, place?.route.scope ?? "read");
    if (refusal !== undefined) {
      answerRaw(stream, refusalStatus[refusal.code], refusal, refusalHeaders(refusal));
      return;
    }
    if (place === undefined) {
      const message = "There is no WebSocket at this path; connect at / or /replay.";
      answerRaw(stream, 404, { code: "not_found", message });
      return;
    }
    place.webSockets.handleUpgrade(request, stream, head, (socket) => {
      boundPongs(socket);
      place.route.take(socket, stream, request);
    });
  });
}

/** Drops a client that sends pongs without end: they need no answer that could slow it, and keep the others waiting. */
function boundPongs(socket: WebSocket): void {
  const pongs = new Rates(maximumPongsPerMinute);
  socket.on("pong", () => {
    if (pongs.spend("") > 0) socket.terminate();
  });
}

function makeWebSockets({ maximumBytes }: UpgradeRoute): WebSocketServer {
  const webSockets = new WebSocketServer(webSocketOptions(maximumBytes));
  webSockets.on("wsClientError", (error, stream) => {
    const message = `${error.message}; this is no WebSocket of version 13.`;
    answerRaw(stream, 400, { code: "bad_request", message }, { "sec-websocket-version": "13" });
  });
  return webSockets;
}
