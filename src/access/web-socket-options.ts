import type { ServerOptions } from "ws";
import { chooseProtocol } from "./presented-token.js";

/** The number of parts that ws accepts by default, even of a short message. */
const bytesInPart = 64;
const fewestParts = 1024;

/** The number of WebSocket frames that a message may have: libraries cut messages into frames of 4 KiB or more. */
const maximumFragments = 4096;

/** Options of every WebSocket server: no compression, and limits on the memory that a client can take. */
export function webSocketOptions(maximumBytes: number): ServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumBytes,
    maxFragments: maximumFragments,
    maxBufferedChunks: Math.max(fewestParts, Math.ceil(maximumBytes / bytesInPart)),
    // The codec explains the error; ws would drop the frame before it can be stored.
    skipUTF8Validation: true,
    handleProtocols: chooseProtocol,
  };
}
