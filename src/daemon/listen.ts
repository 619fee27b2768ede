import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { type AddressInfo, type Server, createServer } from "node:net";
import type { FastifyInstance } from "fastify";
import { TelltaleError } from "../common/index.js";

/** The daemon cannot listen; `message` is one sentence for the user. */
export class ListenError extends TelltaleError<"port_in_use" | "cannot_listen"> {
  override readonly name = "ListenError";
}

/**
 * Listens on an address, or on all addresses of localhost: clients use any of them.
 *
 * @throws ListenError
 */
export async function listen(http: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await http.listen({ host, port });
  } catch (error) {
    const isTaken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
    throw isTaken
      ? new ListenError(
          "port_in_use",
          `Port ${port} of ${host} is in use; stop the other program, or choose another --port.`,
        )
      : new ListenError(
          "cannot_listen",
          `telltale cannot listen on ${host}, port ${port}; check --host and --port.`,
          { cause: error },
        );
  }
  if (host === "localhost") await listenAlso(http.server);
}

/** Listens on localhost's other addresses too, if possible, until the server closes. */
async function listenAlso(server: Server): Promise<void> {
  const { address: first, port } = server.address() as AddressInfo;
  for (const { address } of await lookup("localhost", { all: true })) {
    if (address === first) continue;
    const other = createServer({ allowHalfOpen: true }, (socket) => server.emit("connection", socket));
    other.listen(port, address);
    // Not every machine has both IPv4 and IPv6.
    const isListening = await once(other, "listening").then(
      () => true,
      () => false,
    );
    if (isListening) server.once("close", () => other.close());
  }
}
