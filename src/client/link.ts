import { CloseCode } from "../protocol/index.js";

/** The part of a WebSocket that the client uses, of a browser or of the package `ws`. */
export interface Socket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** A WebSocket class. */
export type SocketClass = new (url: string, protocols: string[]) => Socket;

/** How a connection ended. */
export interface Closing {
  /** The close code; 1006 if there was none. */
  readonly code: number;
  readonly reason: string;
}

/** Receives what happens to a link. */
export interface LinkListener {
  onOpen(): void;
  onFrame(frame: string | Uint8Array): void;
  /** Called once, at the end. */
  onClosed(closing: Closing): void;
}

/** The likely causes when a browser gives none. */
const unexplained =
  "nothing answers at this address, or telltale refuses this page's origin or token; its log says more";

/** One WebSocket connection to a daemon, from opening to closing. */
export class Link {
  readonly #socket: Socket;
  readonly #listener: LinkListener;
  #isOver = false;
  readonly #closed: Promise<void>;

  /** @throws what the class throws for an address that it cannot connect to. */
  constructor(socketClass: SocketClass, url: string, protocols: string[], listener: LinkListener) {
    const socket = new socketClass(url, protocols);
    this.#socket = socket;
    this.#listener = listener;
    socket.binaryType = "arraybuffer";
    let problem = "";
    let wasOpen = false;
    socket.addEventListener("open", () => {
      wasOpen = true;
      if (!this.#isOver) listener.onOpen();
    });
    socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
      if (!this.#isOver) listener.onFrame(typeof data === "string" ? data : new Uint8Array(data));
    });
    // Node says what went wrong, browsers do not.
    socket.addEventListener("error", ({ message }: { message?: string }) => {
      problem ||= message ?? "";
    });
    this.#closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason }: Closing) => {
        resolve();
        const guess = wasOpen ? `the connection was closed with ${code}` : unexplained;
        this.#end({ code, reason: reason || problem || guess });
      });
    });
  }

  /** Bytes that have not left this program yet. */
  get unsentBytes(): number {
    return this.#socket.bufferedAmount;
  }

  send(frame: string | Uint8Array): void {
    this.#socket.send(frame);
  }

  /** Ends the link without waiting for the other side, which may be gone. */
  drop(reason: string): void {
    this.#abandon();
    this.#end({ code: CloseCode.lost, reason });
  }

  /** Closes the link and ignores what still arrives. Waits at most a second for the other side. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#socket.close(CloseCode.normal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, 1000);
    });
    await Promise.race([this.#closed, late]);
    clearTimeout(timer);
    this.#abandon();
  }

  #abandon(): void {
    const socket: Socket & { terminate?: () => void } = this.#socket;
    if (socket.terminate === undefined) socket.close();
    else socket.terminate();
  }

  #end(closing: Closing): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#listener.onClosed(closing);
  }
}
