import { once } from "node:events";
import { type Server, createServer } from "node:http";
import { type AddressInfo, type Socket, connect } from "node:net";

/** A lab's web server: serves pages and scripts, and forwards WebSockets to the daemon, so that both have one address. */
export class Site {
  /** Whether connections to the daemon fail. */
  isCut = false;
  readonly #sockets = new Set<Socket>();

  private constructor(
    readonly server: Server,
    /** `http://…` */
    readonly url: string,
  ) {}

  /**
   * @param files the files to serve, by path.
   * @param daemonUrl where the daemon is.
   */
  static async start(files: Readonly<Record<string, string>>, daemonUrl: string): Promise<Site> {
    const server = createServer((request, response) => {
      const path = request.url ?? "/";
      const file = files[path];
      const type = path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
      response.writeHead(file === undefined ? 404 : 200, { "content-type": type }).end(file);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const site = new Site(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on("connection", (socket) => site.#sockets.add(socket));
    server.on("upgrade", ({ method, url, rawHeaders }, socket: Socket) => {
      if (site.isCut) {
        socket.destroy();
        return;
      }
      const upstream = connect(Number(new URL(daemonUrl).port), "127.0.0.1");
      site.#sockets.add(upstream);
      let head = `${method ?? ""} ${url ?? ""} HTTP/1.1\r\n`;
      for (let at = 0; at < rawHeaders.length; at += 2)
        head += `${rawHeaders[at] ?? ""}: ${rawHeaders[at + 1] ?? ""}\r\n`;
      upstream.write(`${head}\r\n`);
      socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
      upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    return site;
  }

  /** Cuts every connection to the daemon, and lets none through until `isCut` is false again. */
  cut(): void {
    this.isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
