import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

const running = new Set<Proxy>();

/** What happens to the bytes that a client sends. */
export type Verdict =
  | "pass"
  /** Drops them and cuts the connection. */
  | "cut"
  /** Forwards them, and cuts the connection in place of the answer. */
  | "cut the answer"
  /** Drops them and all later ones, and keeps the connection open. */
  | "swallow";

/** Forwards the bytes and the end of one connection in both directions, or fails to. */
export type Relay = (client: Socket, upstream: Socket) => void;

/** A proxy between a server and its clients that cuts connections on demand. */
export class Proxy {
  /** Decides about every chunk that a client sends. */
  judge: (chunk: Buffer) => Verdict = () => "pass";
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    /** The server's address through this proxy. */
    readonly url: string,
    readonly relay: Relay | undefined,
  ) {}

  /**
   * Listens in front of a server.
   *
   * @param relay what to do with each connection instead of asking {@link judge}.
   */
  static async start(target: string, relay?: Relay): Promise<Proxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = new URL(target);
    const port = Number(url.port);
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new Proxy(server, url.href, relay);
    server.on("connection", (client) => {
      proxy.#join(client, connect(port, "127.0.0.1"));
    });
    running.add(proxy);
    return proxy;
  }

  /** Cuts all current connections. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    running.delete(this);
    this.server.close();
    const closed = [...this.#sockets].map((socket) => once(socket, "close"));
    this.cutAll();
    await Promise.all(closed);
  }

  #join(client: Socket, upstream: Socket): void {
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      // Every error ends in a close.
      socket.on("error", () => undefined);
      socket.on("close", () => this.#sockets.delete(socket));
    }
    if (this.relay !== undefined) {
      this.relay(client, upstream);
      return;
    }
    for (const socket of [client, upstream]) socket.on("close", cut);
    this.#relayJudged(client, upstream, cut);
  }

  #relayJudged(client: Socket, upstream: Socket, cut: () => void): void {
    let verdict: Verdict = "pass";
    client.on("data", (chunk: Buffer) => {
      if (verdict === "pass") verdict = this.judge(chunk);
      if (verdict === "cut") cut();
      else if (verdict !== "swallow") upstream.write(chunk);
    });
    upstream.on("data", (chunk: Buffer) => {
      if (verdict === "pass") client.write(chunk);
      else if (verdict !== "swallow") cut();
    });
  }
}

/** Stops every proxy that a test left running. */
export async function stopProxies(): Promise<void> {
  await Promise.all([...running].map((proxy) => proxy.stop()));
}
