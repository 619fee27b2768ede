import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";

/** Bytes of a refusal to read at most. */
const maximumRefusalBytes = 10_000;

/** A `ws` socket without compression, which the daemon does not support. If the daemon refuses the handshake, the error carries its sentence. */
export class NodeSocket extends WebSocket {
  constructor(url: string, protocols: string[]) {
    super(url, protocols, { perMessageDeflate: false });
    this.once("unexpected-response", (_request, response) => {
      void this.#refuse(response);
    });
  }

  async #refuse(response: IncomingMessage): Promise<void> {
    const said = await readRefusal(response);
    this.emit("error", new Error(`${said ?? "the connection was refused"} [HTTP ${response.statusCode}]`));
    this.terminate();
  }
}

/** The `message` in the JSON of a refusal; undefined without one. */
async function readRefusal(response: IncomingMessage): Promise<string | undefined> {
  let text = "";
  try {
    for await (const chunk of response.setEncoding("utf8")) {
      text += chunk as string;
      if (text.length > maximumRefusalBytes) return undefined;
    }
    const body: unknown = JSON.parse(text);
    const hasMessage = typeof body === "object" && body !== null && "message" in body;
    return hasMessage && typeof body.message === "string" ? body.message : undefined;
  } catch {
    return undefined;
  }
}
