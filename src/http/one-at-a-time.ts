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
    earlier.shouldKeepAlive = false;
    // The header "Connection: keep-alive" may already have been sent.
    earlier.once("close", () => {
      socket.destroySoon();
    });
  };
}
