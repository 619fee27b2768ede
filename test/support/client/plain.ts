import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { WebSocket } from "ws";
import { type Daemon } from "../../../src/index.js";

/** Opens a TCP connection to a daemon and sends nothing. */
export async function connectTo(daemon: Daemon): Promise<Socket> {
  const stream = connect(Number(new URL(daemon.url).port), "127.0.0.1");
  stream.on("error", () => undefined);
  await once(stream, "connect");
  return stream;
}

/** Reads everything that a daemon sends until it closes. */
export async function readAll(stream: Socket): Promise<string> {
  let text = "";
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await once(stream, "close");
  return text;
}

/** Connects a plain WebSocket with these options. */
export async function connectWith(
  daemon: Daemon,
  options: WebSocket.ClientOptions,
  protocols: string[] = [],
  path = "",
): Promise<WebSocket> {
  const socket = new WebSocket(daemon.url + path, protocols, options);
  socket.on("error", () => undefined);
  await once(socket, "open");
  return socket;
}
