import type { FastifyReply } from "fastify";

/** Ends the reading for a client that has left. */
export class ClientLeftError extends Error {
  override readonly name = "ClientLeftError";
  readonly statusCode = 499;

  constructor() {
    super("The client has left.");
  }
}

/** A signal that is aborted when the connection of a reply closes. */
export function whenClientLeaves({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  const leave = () => {
    controller.abort(new ClientLeftError());
  };
  if (raw.destroyed) leave();
  else raw.once("close", leave);
  return controller.signal;
}
