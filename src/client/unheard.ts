import type { ClientEvents } from "./events.js";

/** What an event that nobody listens to is told as, once: whoever waits for a setup must learn why nothing happens. */
const sentences: { readonly [Name in keyof ClientEvents]?: (event: ClientEvents[Name]) => string } = {
  disconnected: ({ reason }) => `No connection to telltale (${reason}). It is tried again until there is one`,
  rejected: ({ code, reason }) => `telltale refused a message for good (${code}): ${reason} It is kept`,
  "data-loss": ({ session, sentAgain }) =>
    `telltale has lost messages of the session ${session}; ${sentAgain} of them are sent again`,
  "outbox-failed": ({ error }) => `The outbox cannot keep messages (${String(error)})`,
};

/** Undefined for events that may go unnoticed. */
export function describeUnheard<Name extends keyof ClientEvents>(
  name: Name,
  event: ClientEvents[Name],
): string | undefined {
  const sentence = sentences[name]?.(event);
  return sentence && `${sentence}. (Said once; client.on("${name}", …) hears of each.)`;
}
