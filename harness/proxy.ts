import { once } from "node:events";
import { type AddressInfo, type Server, type Socket, connect, createServer } from "node:net";

const running = new Set<Proxy>();

/** What becomes of bytes that a client sends to the server. */
export type Verdict =
  | "pass"
  /** They do not reach the server, and the connection is cut. */
  | "cut"
  /** They reach the server, and the connection is cut when it answers, before the client hears of it. */
  | "cut the answer"
  /** Neither they nor any later ones reach the server, and nobody is told. */
  | "swallow";

/** Passes on what comes over one connection, in both directions, and when an end of it closes; or does not. */
export type Relay = (client: Socket, upstream: Socket) => void;

/** Stands between a server and its clients, and cuts connections where it is told to. */
export class Proxy {
  /** Looks at every chunk that a client sends. */
  judge: (chunk: Buffer) => Verdict = () => "pass";
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    /** The server's address by way of this proxy. */
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

  /** Cuts every connection that there is now. */
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
      // Whatever it is, it ends in a close.
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
