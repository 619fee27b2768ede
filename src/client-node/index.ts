/** The client library for Node: `connect` over `ws`, with an outbox in a file. */
import {
  type Client,
  ClientError,
  type ConnectOptions,
  type SocketClass,
  connect as connectByOutbox,
} from "../client/index.js";
import { openFileOutbox } from "./file-outbox.js";
import { NodeSocket } from "./node-socket.js";

export * from "../client/index.js";
export { type FileOutbox, openFileOutbox } from "./file-outbox.js";

export interface NodeConnectOptions extends Omit<ConnectOptions, "name"> {
  /** The path of the file that keeps messages until they are acknowledged; programs that run at the same time need one each. */
  readonly outboxFile?: string;
}

/**
 * Connects from Node, over `ws`, with an outbox in a file or another one.
 *
 * @throws ClientError as the `connect` of `telltale/client` does; `bad_option` without an outbox.
 */
export async function connect(url: string, options: NodeConnectOptions = {}): Promise<Client> {
  const { outboxFile, ...others } = options;
  if (outboxFile === undefined && others.outbox === undefined) {
    throw new ClientError("bad_option", 'No outbox: pass `outboxFile` a path, or `outbox: "memory"`.');
  }
  const outbox = others.outbox ?? (await openFileOutbox(outboxFile ?? ""));
  const socketClass = NodeSocket as unknown as SocketClass;
  try {
    return await connectByOutbox(url, { WebSocket: socketClass, ...others, outbox });
  } catch (error) {
    if (outbox !== "memory") await outbox.close();
    throw error;
  }
}
