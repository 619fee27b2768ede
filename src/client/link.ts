/** What is used of a WebSocket, of a browser's or of the package `ws`. */
export interface Socket {
  binaryType: string;
  readonly bufferedAmount: number;
  send(frame: string | Uint8Array): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

/** The class of a WebSocket. */
export type SocketClass = new (url: string, protocols: string[]) => Socket;

/** How a connection ended. */
export interface Closing {
  /** The closing code; 1006 where there was none. */
  readonly code: number;
  readonly reason: string;
}

/** What becomes of a connection. */
export interface LinkListener {
  onOpen(): void;
  onFrame(frame: string | Uint8Array): void;
  /** Called once, at the end. */
  onClosed(closing: Closing): void;
}

/** What may be wrong where a browser says nothing. */
const unexplained =
  "nothing answers at its address, or it refuses this page's origin or token, of which telltale's log says more";

/** One connection to a daemon. */
export class Link {
  readonly #socket: Socket;
  readonly #listener: LinkListener;
  #isOver = false;
  readonly #closed: Promise<void>;

  /** @throws what the class throws for an address that it does not connect to. */
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
    // Node tells what is wrong, browsers do not.
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

  /** Ends it without waiting for the other side, which may be gone. */
  drop(reason: string): void {
    this.#abandon();
    this.#end({ code: 1006, reason });
  }

  /** Closes it; what still comes is not heard. Waits a second at most for the other side. */
  async close(): Promise<void> {
    this.#isOver = true;
    this.#socket.close(1000);
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
