import type { RequestListener, ServerResponse } from "node:http";
import type { Socket } from "node:net";

/** How long a connection stays after its last answer, unread. */
const lingerMs = 5000;

/** The answer that each connection waits for. */
const answers = new WeakMap<Socket, ServerResponse>();
/** The connections that are closed after the present answer. */
const closing = new WeakSet<Socket>();

/**
 * Lets a connection have one unanswered request. A client that sends the next request before the answer gets that answer, and then
 * its connection is closed after a while; RFC 9112 (9.3.2) has such clients send the rest again. So unread answers do not pile up, and thousands
 * of requests in one packet do not keep other clients waiting.
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
    earlier.once("close", () => {
      // A client that connects again at once and does the same would cost a packet of requests each time.
      const timer = setTimeout(() => {
        socket.destroy();
      }, lingerMs);
      socket.once("close", () => {
        clearTimeout(timer);
      });
    });
  };
}
