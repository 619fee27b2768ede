import { once } from "node:events";
import { type Socket, connect } from "node:net";
import type { DaemonProcess } from "../../harness/daemon-process.js";

/** Opens a TCP connection to a daemon; errors are ignored, since daemons close the connections of attacks. */
export async function connectRaw({ url }: DaemonProcess): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** The bytes of a GET request. */
export function getRequest({ url }: DaemonProcess, path: string, headers = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n${headers}\r\n`;
}

/** Opens a WebSocket connection whose frames the caller writes byte by byte. */
export async function upgradeRaw(daemon: DaemonProcess): Promise<Socket> {
  const socket = await connectRaw(daemon);
  const key = Buffer.alloc(16).toString("base64");
  const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n`;
  socket.write(getRequest(daemon, "/", upgrade));
  await Promise.race([once(socket, "data"), once(socket, "close")]);
  return socket;
}
