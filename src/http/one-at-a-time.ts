import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** The answer that each connection waits for. */
const answers = new WeakMap<Socket, ServerResponse>();
/** The connections that are closed after the present answer. */
const closing = new WeakSet<Socket>();

/**
 * Lets a connection have one unanswered request. A client that sends the next request before the answer gets that answer, and then
 * its connection is closed; RFC 9112 (9.3.2) has such clients send the rest again. So unread answers do not pile up.
 */
export function oneAtATime(listener: RequestListener): RequestListener {
  return (request, response) => {
    const { socket } = request;
    const earlier = answers.get(socket);
    if (earlier === undefined) {
      answers.set(socket, response);
      response.once("close", () => answers.delete(socket));
      listener(request, response);
      return;
    }
    if (closing.has(socket)) return;
    closing.add(socket);
    socket.pause();
    stopParsing(socket);
    earlier.shouldKeepAlive = false;
    // The header "Connection: keep-alive" may already have been sent.
    earlier.once("close", () => {
      socket.destroySoon();
    });
  };
}

/** What Node's parser calls for each request; the answer 2 ends the parsing of the bytes that were read. */
interface ParsedSocket {
  readonly parser?: { onIncoming?: () => number } | null;
}

/**
 * Ignores the other requests in the bytes that were read: thousands fit into one packet, and a paused socket still has them parsed. Node has
 * no public way to stop its parser; without this property they are parsed and ignored.
 */
function stopParsing(socket: Socket & ParsedSocket): void {
  if (typeof socket.parser?.onIncoming === "function") socket.parser.onIncoming = () => 2;
}
