import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";

/** What every answer says to browsers: nothing of it is to be run, shown inside a page, or guessed at. */
export const securityHeaders: Readonly<Record<string, string>> = {
  "x-content-type-options": "nosniff",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
};

/** How long a client may take to read a refusal. */
const readWithinMs = 1000;

/** Answers on a stream that no longer, or not yet, speaks HTTP by itself, `{"code", "message"}` in JSON, and closes it. */
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
  // One that neither reads nor goes away would stay for ever: HTTP's own timeouts are over here.
  const timer = setTimeout(() => stream.destroy(), readWithinMs);
  stream.once("close", () => {
    clearTimeout(timer);
  });
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`, () =>
    stream.destroy(),
  );
}
