import type { FastifyReply } from "fastify";

/** Ends the reading for a client that has left. */
class ClientLeftError extends Error {
  override readonly name = "ClientLeftError";
  readonly statusCode = 499;
}

/** A signal that is aborted when the connection of a reply closes. */
export function whenClientLeaves({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    controller.abort(new ClientLeftError("The client has left."));
  };
  if (raw.destroyed) leave();
  else raw.once("close", leave);
  return controller.signal;
}
