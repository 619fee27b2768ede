import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { request as requestSecurely } from "node:https";
import type { Daemon } from "../../../src/index.js";
import { httpUrl } from "./http.js";

/** How a handshake was answered; 101 where it was let in. */
export interface Handshake {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The JSON of a refusal. */
  readonly json: { readonly code?: string; readonly message?: string };
}

/** Asks for a WebSocket with any headers, and lets it go at once. */
export async function shakeHands(
  daemon: Daemon,
  headers: Readonly<Record<string, string>> = {},
  path = "/",
  ca?: Buffer,
): Promise<Handshake> {
  const all = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const url = httpUrl(daemon) + path;
  const asked =
    ca === undefined ? request(url, { headers: all }) : requestSecurely(url, { headers: all, ca });
  asked.end();
  return new Promise((resolve, reject) => {
    asked.on("error", reject);
    asked.on("upgrade", (response, stream) => {
      stream.destroy();
      resolve({ status: 101, headers: response.headers, json: {} });
    });
    asked.on("response", (response: IncomingMessage) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      void once(response, "end").then(() => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          json: JSON.parse(text) as Handshake["json"],
        });
      }, reject);
    });
  });
}
