import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** Headers of every answer, which tell browsers not to run it, embed it in a page, or guess its type. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

/** How long a client may take to read a refusal. */
const readWithinMs = 1000;

/** Writes an HTTP answer, `{"code", "message"}` in JSON, to a stream that no HTTP server handles, and closes the stream. */
export function answerRaw(
  stream: Duplex,
  status: number,
  { code, message }: { readonly code: string; readonly message: string },
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = JSON.stringify({ code, message });
  const all = {
    ...securityHeaders,
    ...headers,
    "content-type": "application/json; charset=utf-8",
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  stream.on("error", () => undefined);
  // HTTP's own timeouts no longer apply here: a client that neither reads nor leaves would stay for ever.
  const timer = setTimeout(() => stream.destroy(), readWithinMs);
  stream.once("close", () => {
    clearTimeout(timer);
  });
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`, () =>
    stream.destroy(),
  );
}
