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

/** Stands between a daemon and its PostgreSQL, or a client and its daemon, and cuts connections where it is told to. */
export class Proxy {
  /** Looks at every chunk that a client sends. */
  judge: (chunk: Buffer) => Verdict = () => "pass";
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    /** The server's address by way of this proxy. */
    readonly url: string,
  ) {}

  /** Listens in front of a server. */
  static async start(target: string): Promise<Proxy> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = new URL(target);
    const port = Number(url.port);
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new Proxy(server, url.href);
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
    let verdict: Verdict = "pass";
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on("error", cut);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
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
