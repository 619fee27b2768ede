import type { ServerOptions } from "ws";
import { chooseProtocol } from "./presented-token.js";

/** As many parts as ws takes a message in by default, however short the message. */
const bytesInPart = 64;
const fewestParts = 1024;

/** In how many frames of WebSocket a message may come: libraries cut messages into frames of 4 KiB or more. */
const maximumFragments = 4096;

/** What every WebSocket server of telltale is made with: no compression, and bounds to what a client can make it hold. */
export function webSocketOptions(maximumBytes: number): ServerOptions {
  return {
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: maximumBytes,
    maxFragments: maximumFragments,
    maxBufferedChunks: Math.max(fewestParts, Math.ceil(maximumBytes / bytesInPart)),
    // The codec says what is wrong with it; ws would drop such a frame before it can be kept.
    skipUTF8Validation: true,
    handleProtocols: chooseProtocol,
  };
}
